/** The pages of management tokens, for operators. */
import assert from "node:assert/strict";
import { RECENT_MS } from "../../../routes/web/access.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  ANN,
  createService,
  openClient,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import { clockFromNow } from "../support.ts";

const OPERATOR = { ...ANN, name: "Olha", email: "olha@dept.gov.example", mobile: "07900 900125" };
const LIST = "/operator/tokens";
const NEW = `${LIST}/new`;
const FIELDS = { name: "Backups", reach: "all", rights: "read" } as const;

function start(options: Parameters<typeof startTestApplication>[0] = {}) {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" }, ...options });
}

/** Registers a person who then follows an operator's link. */
async function registerOperator(hark: TestApplication): Promise<WebClient> {
  const client = await registerPerson(hark, OPERATOR);
  const made = await hark.manage("POST", "/manage/operators", { email_address: OPERATOR.email });
  const { url } = await made.json();
  await client.post(new URL(url).pathname, {});
  return client;
}

/** Reads the id that the form gives a new token. */
async function formId(client: WebClient): Promise<string> {
  const form = await client.get(NEW);
  return /name="id" value="([^"]+)"/.exec(form.text)?.[1] ?? "";
}

/** Calls `/manage` with a token. */
async function statusOf(hark: TestApplication, token: string, method: string, path: string) {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await hark.request(path, { method, headers });
  await answer.body?.cancel();
  return answer.status;
}

const shownToken = (page: string) => /id="token">([^<]+)</.exec(page)?.[1] ?? "";

Deno.test("POST /operator/tokens/new: shows the token once; the form sent again offers to revoke it", async () => {
  await using hark = await start();
  const client = await registerOperator(hark);
  assert.match((await client.get(LIST)).text, /No tokens yet/);
  const id = await formId(client);
  const made = await client.post(NEW, { ...FIELDS, id });
  assert.equal(made.status, 200);
  assert.equal(made.headers.get("cache-control"), "no-store");
  const token = shownToken(made.text);
  assert.match(token, /^hark_[\w-]{43}$/);
  assert.ok(made.text.includes(`/manage/services -H &quot;Authorization: Bearer ${token}&quot;`));
  assert.equal(await statusOf(hark, token, "GET", "/manage/services"), 200);
  assert.equal(await statusOf(hark, token, "DELETE", `/manage/tokens/${id}`), 403);

  const again = await client.post(NEW, { ...FIELDS, id });
  assert.match(again.text, /This token was created before/);
  assert.ok(again.text.includes(`href="${LIST}/${id}/revoke"`));
  assert.ok(!again.text.includes(token));
  const list = await client.get(LIST);
  assert.equal(list.text.split("Revoke Backups").length, 2);
  assert.ok(!list.text.includes(token));
});

Deno.test("POST /operator/tokens/{id}/revoke: refuses the token from then on, with one audit entry of the operator's", async () => {
  await using hark = await start();
  const client = await registerOperator(hark);
  const id = await formId(client);
  const token = shownToken((await client.post(NEW, { ...FIELDS, id })).text);
  const path = `${LIST}/${id}/revoke`;
  assert.match((await client.get(path)).text, /Revoke “Backups”\?/);
  assert.equal(await statusOf(hark, token, "GET", "/manage/services"), 200);
  const revoked = await client.post(path, {});
  assert.equal(revoked.location, LIST);
  assert.equal(await statusOf(hark, token, "GET", "/manage/services"), 401);
  assert.match((await client.get(LIST)).text, /Revoked /);
  assert.equal((await client.get(path)).location, LIST);
  await client.post(path, {}, { from: NEW });

  const { entries } = await (await hark.manage("GET", "/manage/audit")).json();
  const ofTokens = entries.filter(({ subject }: { subject: string }) => subject === id);
  assert.deepEqual(
    ofTokens.map((entry: { action: string; actor: { kind: string } }) => [
      entry.action,
      entry.actor.kind,
    ]),
    [["management-token-revoked", "user"], ["management-token-created", "user"]],
  );
});

Deno.test("POST /operator/tokens/new: limits the token to a service and a last day", async () => {
  await using hark = await start();
  const client = await registerOperator(hark);
  const path = await createService(client);
  const serviceId = path.slice("/services/".length);
  const fields = { name: "Case system", reach: "service", rights: "write" };
  const made = await client.post(NEW, {
    ...fields,
    service_id: ` ${serviceId.toUpperCase()} `,
    last_day: "2099-12-31",
  });
  const token = shownToken(made.text);
  assert.ok(made.text.includes(`/manage${path} -H`));
  assert.equal(await statusOf(hark, token, "GET", `/manage${path}`), 200);
  assert.equal(await statusOf(hark, token, "GET", "/manage/tokens"), 404);
  const list = await client.get(LIST);
  assert.match(list.text, /31 Dec 2099/);
  assert.ok(list.text.includes(`href="${path}"`));
});

Deno.test("POST /operator/tokens/new: says at each field what is wrong, and creates nothing", async () => {
  await using hark = await start();
  const client = await registerOperator(hark);
  const id = "11111111-1111-4111-8111-111111111111";
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ name: " " }, /Enter a name for the token/],
    [{ name: "x".repeat(256) }, /255 characters or fewer/],
    [{ name: "a\u2028b" }, /one line of text/],
    [{ name: "a\u202eb" }, /has invisible characters/],
    [{ reach: "" }, /Choose what the token reaches/],
    [{ reach: "galaxy" }, /Choose what the token reaches/],
    [{ service_id: id }, /Choose one service, or leave out the service id/],
    [{ reach: "service" }, /Enter the service id/],
    [{ reach: "service", service_id: "vehicle-tax" }, /Enter the service id/],
    [{ reach: "service", service_id: id }, /There is no service with this id/],
    [{ rights: "" }, /Choose what the token may do/],
    [{ last_day: "2020-01-01" }, /Enter a day from today on/],
    [{ last_day: "soon" }, /Enter a day from today on/],
  ];
  for (const [fields, fault] of cases) {
    const answer = await client.post(NEW, { ...FIELDS, ...fields });
    assert.equal(answer.status, 422, JSON.stringify(fields));
    assert.match(answer.text, fault);
  }
  assert.equal((await client.post(NEW, { ...FIELDS, id: "x" })).status, 403);
  assert.equal((await client.post(NEW, FIELDS, { without: ["csrf_token"] })).status, 403);
  assert.match((await client.get(LIST)).text, /No tokens yet/);
  const longest = await client.post(NEW, { ...FIELDS, name: "x".repeat(255) });
  assert.match(shownToken(longest.text), /^hark_/);
});

Deno.test("GET /operator/tokens: pages the tokens both ways, newest first", async () => {
  await using hark = await start();
  const client = await registerOperator(hark);
  for (let i = 0; i <= 50; i++) {
    const made = await hark.manage("POST", "/manage/tokens", { name: `program ${i}.` });
    await made.body?.cancel();
  }
  const first = await client.get(LIST);
  assert.ok(first.text.includes("program 50."));
  assert.ok(!first.text.includes("program 0."));
  const [, older = ""] = /href="(\/operator\/tokens\?older_than=[^"]+)"/.exec(first.text) ?? [];
  const second = await client.get(older);
  assert.ok(second.text.includes("program 0."));
  assert.ok(!second.text.includes("program 50.") && !second.text.includes('rel="next"'));
  const [, newer = ""] = /href="(\/operator\/tokens\?newer_than=[^"]+)"/.exec(second.text) ?? [];
  const back = await client.get(newer);
  assert.ok(back.text.includes("program 50.") && !back.text.includes("program 0."));
  assert.ok(back.text.includes('rel="next"') && !back.text.includes('rel="prev"'));
});

Deno.test("/operator/tokens: is for operators only, who have a link to it, and asks for the password again", async () => {
  const clock = clockFromNow();
  await using hark = await start({ clock });
  const operator = await registerOperator(hark);
  assert.ok((await operator.get("/services")).text.includes(`href="${LIST}"`));
  const id = await formId(operator);
  await operator.post(NEW, { ...FIELDS, id });
  const person = await registerPerson(hark);
  assert.ok(!(await person.get("/services")).text.includes(LIST));
  for (const path of [LIST, NEW, `${LIST}/${id}/revoke`]) {
    assert.equal((await person.get(path)).status, 403, path);
    assert.equal(
      (await openClient(hark).get(path)).location,
      `/sign-in?return_to=${encodeURIComponent(path)}`,
    );
  }
  assert.equal((await person.post(NEW, FIELDS, { from: "/services" })).status, 403);
  const revoke = await person.post(`${LIST}/${id}/revoke`, {}, { from: "/services" });
  assert.equal(revoke.status, 403);
  assert.equal((await operator.get(`${LIST}/x/revoke`)).status, 404);

  clock.advance(RECENT_MS + 60_000);
  assert.match((await operator.get(NEW)).location ?? "", /^\/account\/confirm\?return_to=/);
  assert.equal((await operator.get(LIST)).status, 200);
});
