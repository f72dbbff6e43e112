import assert from "node:assert/strict";
import { SENT_DAYS } from "../../../application/accounts/services.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  ANN,
  CODE,
  createService,
  endOf,
  openClient,
  received,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import { callAt, clockFromNow } from "../support.ts";

const BOB = {
  name: "Bob",
  email: "bob@dept.gov.example",
  password: "seven quiet green lamps",
  mobile: "07900 900124",
} as const;

const start = () => startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });

/** The first steps that the overview shows as done. */
async function stepsDone(client: WebClient, path: string): Promise<readonly string[]> {
  const { text } = await client.get(path);
  const steps = [...text.matchAll(/<li class="done"><div><b>(?:<a [^>]*>)?([^<]+)</g)];
  return steps.map(([, title = ""]) => title);
}

/** Creates a key of a kind through the pages. */
async function createKey(client: WebClient, path: string, kind: string): Promise<string> {
  const made = await client.post(`${path}/keys/new`, { name: `${kind} key`, kind });
  return /id="key">([^<]+)</.exec(made.text)?.[1] ?? "";
}

async function sendTo(hark: TestApplication, key: string, template: string): Promise<number> {
  const { clock } = hark;
  const body = { phone_number: ANN.mobile, template_id: template, personalisation: { name: "A" } };
  return (await callAt(hark, clock, key, "POST", "/v2/notifications/sms", body)).status;
}

/** Invites Bob with roles, and accepts as him. */
async function addBob(hark: TestApplication, client: WebClient, path: string): Promise<WebClient> {
  await client.post(`${path}/team/invite`, { email_address: BOB.email, roles: ["manage"] });
  const link = await received(hark, BOB.email, /(\/invitations\/[\w-]+)/);
  const bob = openClient(hark);
  await bob.post(link, { name: BOB.name, password: BOB.password, mobile_number: BOB.mobile });
  const code = await received(hark, endOf(BOB.mobile), CODE);
  await bob.post("/sign-in/code", { code, return_to: link });
  await bob.post(link, {});
  return bob;
}

Deno.test("/services/{id}: ticks each first step when it was done", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const serviceId = path.replace("/services/", "");
  assert.deepEqual(await stepsDone(client, path), []);
  const template = await hark.newTemplate(serviceId);
  const testKey = await createKey(client, path, "test");
  assert.equal(await sendTo(hark, testKey, template), 201);
  // A test key sends nothing.
  assert.deepEqual(await stepsDone(client, path), ["Write a template", "Create an API key"]);
  assert.equal(await sendTo(hark, await createKey(client, path, "live"), template), 201);
  const sent = ["Write a template", "Send a message to yourself", "Create an API key"];
  assert.deepEqual(await stepsDone(client, path), sent);
  await addBob(hark, client, path);
  assert.deepEqual(await stepsDone(client, path), [...sent, "Invite a colleague"]);
  await hark.manage("PATCH", `/manage${path}`, { mode: "live" });
  assert.deepEqual(await stepsDone(client, path), [...sent, "Invite a colleague", "Go live"]);
});

Deno.test("/services/{id}: the step of the team leads to an invitation, and afterwards to the team", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const before = await client.get(path);
  assert.ok(before.text.includes(`<a href="${path}/team/invite">Invite a colleague</a>`));
  const bob = await addBob(hark, client, path);
  for (const person of [client, bob]) {
    const after = await person.get(path);
    assert.ok(after.text.includes(`<a href="${path}/team">Invite a colleague</a>`));
  }
});

Deno.test("/services/{id}: shows the service id with a button to copy it, and the limits of trial mode", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const { text } = await client.get(path);
  const serviceId = path.replace("/services/", "");
  assert.ok(text.includes(`<code class="key" id="service-id">${serviceId}</code>`));
  assert.match(text, /data-copies="service-id"/);
  const limits = /aria-label="Limits in trial mode"[^]*?<\/section>/.exec(text)?.[0] ?? "";
  assert.equal([...limits.matchAll(/<b>[\d,]+<\/b>/g)].length, 2);
});

Deno.test("/services: shows how many messages each service sent in the last 7 days, with other keys than test keys", async () => {
  const clock = clockFromNow();
  await using hark = await startTestApplication({
    environment: { REGISTRATION_DOMAINS: "*" },
    clock,
  });
  const client = await registerPerson(hark);
  const path = await createService(client, "Vehicle tax");
  await createService(client, "Zoo");
  const sentShown = async () => {
    const { text } = await client.get("/services");
    return [...text.matchAll(/>([\d,]+ messages? sent in the last 7 days)</g)].map(([, t]) => t);
  };
  const none = "0 messages sent in the last 7 days";
  assert.deepEqual(await sentShown(), [none, none]);
  const template = await hark.newTemplate(path.replace("/services/", ""));
  await sendTo(hark, await createKey(client, path, "test"), template);
  const key = await createKey(client, path, "live");
  await sendTo(hark, key, template);
  await hark.settle();
  assert.deepEqual(await sentShown(), ["1 message sent in the last 7 days", none]);
  await sendTo(hark, key, template);
  assert.deepEqual(await sentShown(), ["2 messages sent in the last 7 days", none]);
  clock.advance(SENT_DAYS * DAY_MS);
  await client.post("/sign-in", { email_address: ANN.email, password: ANN.password });
  const code = await received(hark, endOf(ANN.mobile), CODE);
  await client.post("/sign-in/code", { code });
  assert.deepEqual(await sentShown(), [none, none]);
});

Deno.test("/services/{id}/guests: lists the proved addresses and numbers of the team as included", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const included = async () => {
    const { text } = await client.get(`${path}/guests`);
    return [...text.matchAll(/<bdi>([^<]+)<\/bdi><span class="tag">Included</g)]
      .map(([, recipient]) => recipient).toSorted();
  };
  const own = ["+447900900123", ANN.email];
  assert.deepEqual(await included(), own);
  // Saving an empty list leaves them.
  const saved = await client.post(`${path}/guests`, { email_addresses: "", phone_numbers: "" });
  assert.equal(saved.status, 303);
  assert.deepEqual(await included(), own);
  await addBob(hark, client, path);
  assert.deepEqual(await included(), ["+447900900123", "+447900900124", ANN.email, BOB.email]);
  const wrong = await client.post(`${path}/guests`, { email_addresses: "not an address" });
  assert.equal(wrong.status, 422);
  assert.ok(wrong.text.includes(`<bdi>${BOB.email}</bdi>`));
});

Deno.test("POST /services/new: asks for the purpose, shows it on the overview, and refuses one that is too long", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const fields = { name: "Vehicle tax", channels: ["sms"] };
  for (const purpose of ["x".repeat(501), "a\u0000b"]) {
    const refused = await client.post("/services/new", { ...fields, purpose });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /The purpose must be 500 characters of text or fewer/);
  }
  const purpose = `Reminders\r\nof tax <b> ${"x".repeat(479)}`;
  const created = await client.post("/services/new", { ...fields, purpose });
  const { text } = await client.get(created.location ?? "");
  assert.ok(text.includes("Reminders\nof tax &lt;b&gt; xxx"));
  const service = await (await hark.manage("GET", `/manage${created.location}`)).json();
  assert.equal(service.purpose, purpose.replace("\r\n", "\n"));
  for (const missing of [{}, { purpose: "" }, { purpose: " \r\n " }]) {
    const without = await client.post("/services/new", { ...fields, ...missing });
    assert.equal(without.status, 422);
    assert.match(without.text, /href="#purpose">Say what the service is for</);
  }
  const other = await hark.newService();
  const shown = await (await hark.manage("GET", `/manage/services/${other.id}`)).json();
  assert.equal("purpose" in shown, false, "a service of the API may have none");
});

Deno.test("/services/{id}/purpose: changes what the service is for, which /manage shows and changes too", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const path = await createService(client);
  const manage = `/manage${path}`;
  assert.match((await client.get(path)).text, /href="[^"]+\/purpose">Change what it is for</);
  const form = await client.get(`${path}/purpose`);
  assert.match(form.text, /<textarea[^>]*name="purpose"[^>]*>Reminders to drivers</);
  const changed = await client.post(`${path}/purpose`, { purpose: " Letters\r\nto drivers " });
  assert.equal(changed.location, path);
  assert.equal((await (await hark.manage("GET", manage)).json()).purpose, "Letters\nto drivers");
  for (
    const [purpose, message] of [
      [" \r\n ", "Say what the service is for"],
      ["x".repeat(501), "The purpose must be 500 characters of text or fewer"],
      ["a\u0000b", "The purpose must be 500 characters of text or fewer"],
    ] as const
  ) {
    const refused = await client.post(`${path}/purpose`, { purpose });
    assert.equal(refused.status, 422);
    assert.ok(refused.text.includes(`href="#purpose">${message}<`), message);
  }
  const longest = "x".repeat(500);
  assert.equal((await client.post(`${path}/purpose`, { purpose: longest })).status, 303);
  await hark.manage("PATCH", manage, { purpose: null });
  assert.match((await client.get(path)).text, /href="[^"]+\/purpose">Say what the service is for</);
  await hark.manage("PATCH", manage, { purpose: "Fines" });
  assert.match((await client.get(path)).text, /class="lead lines" dir="auto">Fines</);
  await hark.manage("PATCH", manage, { active: false });
  assert.doesNotMatch((await client.get(path)).text, /\/purpose"/);
  assert.equal((await client.post(`${path}/purpose`, { purpose: "Other" })).status, 403);
});
