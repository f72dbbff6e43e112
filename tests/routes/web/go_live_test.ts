/** The pages of going live: a team asks, and an operator answers. */
import assert from "node:assert/strict";
import { MAX_REASON } from "../../../domain/going_live/request.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { ANN, openClient, registerPerson, type WebClient } from "../../support/web_client.ts";
import { newReadyService } from "../go_live_support.ts";
import { bodyOf } from "../support.ts";

const OPERATOR = { ...ANN, name: "Olha", email: "olha@dept.gov.example", mobile: "07900 900125" };
const SECOND = { ...ANN, name: "Petro", email: "petro@dept.gov.example", mobile: "07900 900126" };
const LIST = "/operator/go-live";
const FIELDS = { volume_sms: "1,300", volume_email: "", contact: ANN.email, terms: "accepted" };

function start(): Promise<TestApplication> {
  return startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
}

async function registerOperator(hark: TestApplication, person = OPERATOR): Promise<WebClient> {
  const client = await registerPerson(hark, person);
  const made = await hark.manage("POST", "/manage/operators", { email_address: person.email });
  const { url } = await bodyOf(made, 201);
  await client.post(new URL(url).pathname, {});
  return client;
}

/** A ready service of which a new person is a manager. */
async function openReady(hark: TestApplication) {
  const { id } = await newReadyService(hark);
  const client = await registerPerson(hark, { ...ANN, email: "ann.lee@dept.gov.example" });
  await bodyOf(
    await hark.manage("POST", `/manage/services/${id}/invitations`, {
      email_address: "ann.lee@dept.gov.example",
      roles: ["manage"],
    }),
    201,
  );
  await hark.settle();
  const mail = (await hark.sent()).find(({ text }) => /\/invitations\//.test(text));
  const path = /(\/invitations\/[\w-]+)/.exec(mail?.text ?? "")?.[1] ?? "";
  await client.post(path, {});
  return { id, client, page: `/services/${id}/go-live` };
}

Deno.test("/services/:id/go-live: a manager asks, an operator approves with limits, and the service is live", async () => {
  await using hark = await start();
  const { id, client, page } = await openReady(hark);
  const overview = await client.get(`/services/${id}`);
  assert.ok(overview.text.includes(`href="${page}"`));
  assert.match((await client.get(page)).text, /name="volume_sms"/);
  const sent = await client.post(page, FIELDS);
  assert.equal(sent.location, page, sent.text);
  const waiting = await client.get(page);
  assert.match(waiting.text, /asked on .* An operator will answer/);
  assert.doesNotMatch(waiting.text, /name="volume_sms"/);

  const operator = await registerOperator(hark);
  const list = await operator.get(LIST);
  const request = /href="(\/operator\/go-live\/[0-9a-f-]+)"/.exec(list.text)?.[1] ?? "";
  const shown = await operator.get(request);
  assert.match(shown.text, /Your book \(\(title\)\) is due tomorrow\.|Please bring \(\(title\)\)/);
  assert.match(shown.text, /text messages: 1,300/);
  const [, looks = ""] = /<a href="([^"]+)">See it as it looks</.exec(shown.text) ?? [];
  assert.match(looks, /\/templates\/[0-9a-f-]{36}$/);
  assert.match(shown.text, /Tells readers when their books are due/);
  assert.doesNotMatch(shown.text, /07700|guest@example/);
  const answered = await operator.post(request, {
    decision: "approved",
    limit_sms: "2 000",
    limit_email: "",
    limit_international_sms: "0",
    reason: "",
  });
  assert.equal(answered.location, request, answered.text);
  assert.match((await operator.get(request)).text, /Olha answered this request/);
  assert.match((await operator.get(LIST)).text, /No request waits/);
  assert.match((await client.get(page)).text, /Your service is live/);
  const service = await bodyOf(await hark.manage("GET", `/manage/services/${id}`), 200);
  assert.deepEqual([service.mode, service.daily_limits.sms, service.daily_limits.email], [
    "live",
    2_000,
    null,
  ]);
  assert.equal(service.daily_limits.international_sms, 0);
  assert.match((await client.get(`/services/${id}/audit`)).text, /Approved going live/);
});

Deno.test("/operator/go-live/:id: the second of two operators is notified who answered, when and what", async () => {
  await using hark = await start();
  const { client, page } = await openReady(hark);
  await client.post(page, FIELDS);
  const [first, second] = [await registerOperator(hark), await registerOperator(hark, SECOND)];
  const list = await first.get(LIST);
  const request = /href="(\/operator\/go-live\/[0-9a-f-]+)"/.exec(list.text)?.[1] ?? "";
  const form = await second.get(request);
  const token = /name="csrf_token" value="([^"]+)"/.exec(form.text)?.[1] ?? "";
  const refused = await first.post(request, { decision: "refused", reason: "Drafts <b>only</b>" });
  assert.equal(refused.location, request);
  const late = await second.post(request, { decision: "approved", csrf_token: token });
  assert.equal(late.status, 409);
  assert.match(late.text, /Olha answered this request on/);
  assert.match(late.text, /stayed in trial mode/);
  const told = await client.get(page);
  assert.match(told.text, /Drafts &lt;b&gt;only&lt;\/b&gt;/);
  assert.match(told.text, /name="volume_sms"/);
});

Deno.test("POST /services/:id/go-live: names each fault at its field, makes one request of two forms, and checks its token", async () => {
  await using hark = await start();
  const { client, page } = await openReady(hark);
  const cases: readonly (readonly [Partial<Record<keyof typeof FIELDS, string>>, RegExp])[] = [
    [{ volume_sms: "" }, /href="#volume_sms">Enter how many messages/],
    [{ volume_email: "many" }, /href="#volume_email">Enter a whole number/],
    [{ volume_sms: "-1" }, /href="#volume_sms">Enter a whole number/],
    [{ volume_sms: "100000001" }, /href="#volume_sms">Enter a whole number/],
    [{ contact: "" }, /href="#contact">Enter the email address of a contact/],
    [{ contact: "ann" }, /href="#contact">Enter an email address in the right format/],
    [{ terms: "" }, /href="#terms">Accept the terms of use/],
  ];
  for (const [fields, fault] of cases) {
    const answer = await client.post(page, { ...FIELDS, ...fields });
    assert.equal(answer.status, 422, JSON.stringify(fields));
    assert.match(answer.text, fault);
  }
  assert.equal((await client.post(page, FIELDS, { without: ["csrf_token"] })).status, 403);
  assert.equal((await client.post(page, FIELDS, { without: ["id"] })).status, 403);
  const form = await client.get(page);
  const id = /name="id" value="([^"]+)"/.exec(form.text)?.[1] ?? "";
  for (let i = 0; i < 2; i++) {
    assert.equal((await client.post(page, { ...FIELDS, id })).location, page);
  }
  const again = await client.post(page, { ...FIELDS, id: crypto.randomUUID() });
  assert.match(again.text, /Your team has asked already/);
});

Deno.test("/services/:id/go-live: without what the list needs there is no form, and a forged one is refused with the list", async () => {
  await using hark = await start();
  const client = await registerPerson(hark);
  const made = await client.post("/services/new", {
    name: "Tax",
    purpose: "Tells people when tax is due",
    channels: ["sms"],
  });
  const page = `${made.location}/go-live`;
  const shown = await client.get(page);
  assert.doesNotMatch(shown.text, /name="volume_sms"/);
  assert.match(shown.text, /When your service has all of this/);
  const forged = await client.post(page, { ...FIELDS, id: crypto.randomUUID() });
  assert.equal(forged.status, 422);
  assert.match(forged.text, /href="#checklist">Your service does not have everything/);
});

Deno.test("POST /operator/go-live/:id: names each fault at its field", async () => {
  await using hark = await start();
  const { client, page } = await openReady(hark);
  await client.post(page, FIELDS);
  const operator = await registerOperator(hark);
  const list = await operator.get(LIST);
  const request = /href="(\/operator\/go-live\/[0-9a-f-]+)"/.exec(list.text)?.[1] ?? "";
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{}, /href="#decision">Choose whether/],
    [{ decision: "refused" }, /href="#reason">Say why/],
    [
      { decision: "refused", reason: "x".repeat(MAX_REASON + 1) },
      /href="#reason">The reason must be text of 500/,
    ],
    [{ decision: "approved", limit_sms: "lots" }, /href="#limit_sms">Enter a whole number/],
  ];
  for (const [fields, fault] of cases) {
    const answer = await operator.post(request, fields);
    assert.equal(answer.status, 422, JSON.stringify(fields));
    assert.match(answer.text, fault);
  }
  for (const other of ["x", crypto.randomUUID()]) {
    assert.equal((await operator.get(`${LIST}/${other}`)).status, 404);
  }
  assert.equal((await client.get(LIST)).status, 403);
  assert.match((await openClient(hark).get(request)).location ?? "", /^\/sign-in/);
});
