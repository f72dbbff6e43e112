/** The page of a service's settings. */
import assert from "node:assert/strict";
import { RETENTION_DAYS } from "../../../domain/service/setting_rules.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  ANN,
  createService,
  type Fields,
  openClient,
  received,
  registerPerson,
  type WebClient,
} from "../../support/web_client.ts";
import { bodyOf } from "../support.ts";

async function open(hark: TestApplication) {
  const client = await registerPerson(hark);
  const service = await createService(client);
  const id = service.split("/").at(-1) ?? "";
  const read = async () => await bodyOf(await hark.manage("GET", `/manage/services/${id}`), 200);
  return { client, service, page: `${service}/settings`, id, read };
}

function start(): Promise<TestApplication> {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
}

/** Sends the form of a section, with the fields as the page has them but for some. */
const save = (client: WebClient, page: string, section: string, fields: Fields) =>
  client.post(page, { section, ...fields });

Deno.test("/services/:id/settings: each section changes its settings only, and says so", async () => {
  await using hark = await start();
  const { client, page, read } = await open(hark);
  const cases: readonly (readonly [string, Fields, Record<string, unknown>])[] = [
    ["name", { name: "Vehicle tax office", language: "uk" }, {
      name: "Vehicle tax office",
      language: "uk",
    }],
    ["texts", { sms_encoding: "downgrade" }, { sms_prefix: false, sms_encoding: "downgrade" }],
    ["texts", { sms_prefix: "yes", sms_encoding: "unicode" }, {
      sms_prefix: true,
      sms_encoding: "unicode",
    }],
    ["times", { time_zone: "Europe/Kyiv", quiet_start: "21:00", quiet_end: "08:00" }, {
      time_zone: "Europe/Kyiv",
      quiet_hours: { start: "21:00", end: "08:00" },
    }],
    ["lists", { pause_at_failures: "35" }, { pause_at_failures: 35 }],
    ["retention", { retention_sms: String(RETENTION_DAYS.most), retention_email: "3" }, {
      retention_days: { sms: RETENTION_DAYS.most, email: 3, inbox: 365, diia: 7 },
    }],
  ];
  for (const [section, fields, expected] of cases) {
    const before = await read();
    const sent = await save(client, page, section, fields);
    assert.equal(sent.location, `${page}?saved=1`, sent.text);
    const after = await read();
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(after[name], value, `${section}: ${name}`);
    }
    const changed = Object.keys(after).filter((name) =>
      JSON.stringify(after[name]) !== JSON.stringify(before[name])
    );
    const allowed = [...Object.keys(expected), "updated_at"];
    assert.deepEqual(changed.filter((name) => !allowed.includes(name)), []);
  }
  assert.match((await client.get(`${page}?saved=1`)).text, /Saved\./);
});

Deno.test("/services/:id/settings: a default says so, and is put back", async () => {
  await using hark = await start();
  const { client, page, read } = await open(hark);
  const fresh = await client.get(page);
  assert.doesNotMatch(fresh.text, /Put back the default/);
  await save(client, page, "retention", { retention_sms: "30", retention_email: "7" });
  const changed = await client.get(page);
  assert.match(changed.text, /The default is 7\./);
  assert.equal([...changed.text.matchAll(/>Put back the default</g)].length, 1);
  await save(client, page, "retention", { action: "defaults" });
  assert.equal((await read()).retention_days.sms, 7);
  assert.doesNotMatch((await client.get(page)).text, /The default is 7\./);
});

Deno.test("POST /services/:id/settings: names each fault at its field, and keeps what was typed", async () => {
  await using hark = await start();
  const { client, page } = await open(hark);
  const cases: readonly (readonly [string, Fields, string])[] = [
    ["name", { name: "", language: "en" }, "name"],
    ["name", { name: "x".repeat(256), language: "en" }, "name"],
    ["name", { name: "Tax", language: "?" }, "language"],
    ["texts", { sms_encoding: "morse" }, "sms_encoding"],
    ["times", { time_zone: "Kyiv" }, "time_zone"],
    ["times", { time_zone: "UTC", quiet_start: "21:00" }, "quiet_end"],
    ["times", { time_zone: "UTC", quiet_start: "21:00", quiet_end: "21:00" }, "quiet_end"],
    ["times", { time_zone: "UTC", quiet_start: "25:00", quiet_end: "08:00" }, "quiet_start"],
    ["lists", { pause_at_failures: "101" }, "pause_at_failures"],
    ["lists", { pause_at_failures: "" }, "pause_at_failures"],
    ["retention", { retention_sms: "2", retention_email: "7" }, "retention_sms"],
    ["retention", { retention_sms: "7", retention_email: "91" }, "retention_email"],
    ["retention", { retention_sms: "week", retention_email: "7" }, "retention_sms"],
  ];
  for (const [section, fields, field] of cases) {
    const answer = await save(client, page, section, fields);
    assert.equal(answer.status, 422, JSON.stringify(fields));
    assert.ok(answer.text.includes(`href="#${field}"`), JSON.stringify(fields));
  }
  const kept = await save(client, page, "retention", {
    retention_sms: "week",
    retention_email: "7",
  });
  assert.match(kept.text, /value="week"/);
  assert.equal((await save(client, page, "nothing", {})).status, 403);
  assert.equal((await client.post(page, { section: "name", csrf_token: "x" })).status, 403);
});

Deno.test("/services/:id/settings: shows today's limits with what is used; only an operator changes them", async () => {
  await using hark = await start();
  const { client, page, id, read } = await open(hark);
  const shown = await client.get(page);
  assert.match(shown.text, /data-label="Limit a day">50</);
  assert.match(shown.text, /data-label="Used today">0</);
  assert.doesNotMatch(shown.text, /name="limit_sms"/);
  const forged = await save(client, page, "limits", { limit_sms: "9", rate_limit: "3000" });
  assert.equal(forged.status, 403);
  const made = await hark.manage("POST", "/manage/operators", { email_address: ANN.email });
  const { url } = await bodyOf(made, 201);
  await client.post(new URL(url).pathname, {});
  const sent = await save(client, page, "limits", {
    limit_sms: "9",
    limit_email: "",
    limit_international_sms: "",
    rate_limit: "60",
  });
  assert.equal(sent.location, `${page}?saved=1`, sent.text);
  const service = await read();
  assert.deepEqual([service.daily_limits.sms, service.rate_limit_per_minute], [9, 60]);
  const { limits } = await bodyOf(await hark.manage("GET", `/manage/services/${id}/limits`), 200);
  assert.deepEqual(limits.sms, { limit: 9, used: 0 });
  const fault = await save(client, page, "limits", { limit_sms: "-1", rate_limit: "" });
  assert.ok(fault.text.includes('href="#limit_sms"'));
});

Deno.test("/services/:id/archive: archives with the name typed, is read only then, and is restored", async () => {
  await using hark = await start();
  const { client, service, page, read } = await open(hark);
  const wrong = await client.post(`${service}/archive`, { name: "vehicle tax" });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /This is not the name of the service/);
  assert.equal((await read()).active, true);
  const done = await client.post(`${service}/archive`, { name: "Vehicle tax" });
  assert.equal(done.location, page);
  assert.equal((await read()).active, false);
  const shown = await client.get(page);
  assert.match(shown.text, /The service is archived/);
  assert.doesNotMatch(shown.text, />Save</);
  assert.equal((await save(client, page, "name", { name: "X", language: "en" })).status, 403);
  assert.equal((await client.get(`${service}/archive`)).location, page);
  const restored = await client.post(`${service}/restore`, {}, { from: page });
  assert.equal(restored.location, page);
  assert.equal((await read()).active, true);
  const audit = await client.get(`${service}/audit`);
  assert.match(audit.text, /Restored|restored/);
});

Deno.test("/services/:id/settings: a sender of texts is added, made the default and removed", async () => {
  await using hark = await start();
  const { client, service, page } = await open(hark);
  const address = `${service}/settings/senders`;
  const send = (fields: Fields) => client.post(address, fields, { from: page });
  const id = crypto.randomUUID();
  const add = { channel: "sms", action: "add", sender_id: id, sms_sender: "TAX OFFICE" };
  for (let i = 0; i < 2; i++) {
    assert.equal((await send(add)).location, `${page}?saved=1#senders-sms`);
  }
  assert.match((await client.get(page)).text, /<bdi>TAX OFFICE<\/bdi>/);
  const taken = await send({ ...add, sender_id: crypto.randomUUID() });
  assert.match(taken.text, /href="#sms_sender">The service has this one already/);
  for (const sms_sender of ["", "AB", "twelve chars", "Податкова"]) {
    const fault = await send({ ...add, sender_id: crypto.randomUUID(), sms_sender });
    assert.match(fault.text, /href="#sms_sender">Enter 3 to 11/, sms_sender);
  }
  const own = { channel: "sms", sender_id: id };
  await send({ ...own, action: "default" });
  assert.match((await client.get(page)).text, /<bdi>TAX OFFICE<\/bdi> <span class="tag">Default/);
  await send({ ...own, action: "remove" });
  assert.doesNotMatch((await client.get(page)).text, /<bdi>TAX OFFICE/);
  assert.equal((await send({ ...own, action: "burn" })).status, 403);
  assert.equal((await send({ ...own, channel: "inbox", action: "remove" })).status, 403);
});

Deno.test("/services/:id/settings: a reply-to address is used only after its owner followed the link", async () => {
  await using hark = await start();
  const { client, service, page, id } = await open(hark);
  const send = (fields: Fields) =>
    client.post(`${service}/settings/senders`, fields, { from: page });
  const add = {
    channel: "email",
    action: "add",
    sender_id: crypto.randomUUID(),
    email_address: "Replies@Tax.example",
    email_address_default: "yes",
  };
  for (let i = 0; i < 2; i++) {
    assert.equal((await send(add)).location, `${page}?sent=1#senders-email`);
  }
  const list = async () =>
    (await bodyOf(await hark.manage("GET", `/manage/services/${id}/email_reply_to`), 200))
      .email_reply_to;
  assert.deepEqual(await list(), []);
  await hark.settle();
  const mails = (await hark.sent()).filter(({ to }) => to === "replies@tax.example");
  assert.equal(mails.length, 1);
  const path = /(\/reply-to\/[\w-]+)/.exec(mails[0]?.text ?? "")?.[1] ?? "";
  const owner = openClient(hark);
  assert.match((await owner.get(path)).text, /Vehicle tax wants replies/);
  assert.deepEqual(await list(), []);
  assert.match((await owner.post(path, {})).text, /Confirmed/);
  const [{ email_address, is_default }] = await list();
  assert.deepEqual([email_address, is_default], ["replies@tax.example", true]);
  assert.equal((await owner.get(path)).status, 410);
  assert.equal((await owner.post(path, {}, { from: "/" })).status, 410);
  assert.equal((await owner.get("/reply-to/unknown")).status, 410);
  const again = await send({ ...add, sender_id: crypto.randomUUID() });
  assert.match(again.text, /href="#email_address">The service has this one already/);
  const wrong = await send({ ...add, email_address: "replies" });
  assert.match(wrong.text, /href="#email_address">Enter an email address/);
  const { entries } = await bodyOf(await hark.manage("GET", `/manage/services/${id}/audit`), 200);
  assert.deepEqual(
    entries.slice(0, 2).map(({ action }: { action: string }) => action),
    ["sender-created", "reply-to-proof-sent"],
  );
});

Deno.test("/reply-to/:token: adds no address to a service that was archived meanwhile", async () => {
  await using hark = await start();
  const { id } = await open(hark);
  const proofs = `/manage/services/${id}/email_reply_to/proofs`;
  await bodyOf(await hark.manage("POST", proofs, { email_address: "replies@tax.example" }), 202);
  const path = await received(hark, "replies@tax.example", /(\/reply-to\/[\w-]+)/);
  await bodyOf(await hark.manage("PATCH", `/manage/services/${id}`, { active: false }), 200);
  const owner = openClient(hark);
  assert.equal((await owner.get(path)).status, 410);
  assert.equal((await owner.post(path, {}, { from: "/" })).status, 410);
  const list = await hark.manage("GET", `/manage/services/${id}/email_reply_to`);
  assert.deepEqual((await bodyOf(list, 200)).email_reply_to, []);
  await bodyOf(await hark.manage("PATCH", `/manage/services/${id}`, { active: true }), 200);
  assert.match((await owner.post(path, {})).text, /Confirmed/);
});
