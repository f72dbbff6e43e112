import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import {
  assertNothingSent,
  bodyOf,
  EMAIL,
  EMAIL_2016,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  type ServiceWithTemplates,
  SMS,
  SMS_2016,
  textTo,
  TIMESTAMP,
  UUID,
} from "../support.ts";
import { test } from "../../support/runner.ts";

const LIST = "/notifications";

/** All fields of the seed's notification. */
const FIELDS = [
  "createdAt",
  "id",
  "jobId",
  "message",
  "method",
  "sender",
  "sentAt",
  "status",
  "to",
];

const text = (fields: Readonly<Record<string, unknown>> = {}) => ({
  to: "+447700900404",
  template: 1,
  personalisation: { name: "myname", date: "2016" },
  ...fields,
});
const mail = (fields: Readonly<Record<string, unknown>> = {}) => ({
  to: "email@gov.uk",
  template: 2,
  personalisation: { name: "myname", item: "card" },
  ...fields,
});

async function send(
  hark: TestApplication,
  key: string,
  path: string,
  body: unknown,
): Promise<string> {
  return (await bodyOf(await hark.as(key, "POST", path, body), 201)).data.notification.id;
}

async function read(hark: TestApplication, service: ServiceWithTemplates, id: string) {
  const answer = await hark.as(service.keys.live, "GET", `${LIST}/${id}`);
  return (await bodyOf(answer, 200)).data.notification;
}

Deno.test("POST /notifications/sms and /email: answer with the seed's body, and send", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const [path, body] of [[SMS_2016, text()], [EMAIL_2016, mail()]] as const) {
    const answer = await bodyOf(await hark.as(service.keys.live, "POST", path, body), 201);
    const { id } = answer.data.notification;
    assert.match(id, UUID);
    assert.deepEqual(answer, { data: { notification: { id } } });
  }
  await hark.settle();
  assert.deepEqual(
    (await hark.sent()).map(({ channel, to }) => ({ channel, to })).toSorted((a, b) =>
      a.channel.localeCompare(b.channel)
    ),
    [{ channel: "email", to: "email@gov.uk" }, { channel: "sms", to: "447700900404" }],
  );
});

Deno.test("POST /notifications/sms: accepts a template's number, as number or text, or its id", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const template of [1, "1", 1.0, service.sms, service.sms.toUpperCase()]) {
    const id = await send(hark, service.keys.live, SMS_2016, text({ template }));
    assert.equal((await read(hark, service, id)).message, "Hi myname", String(template));
  }
});

Deno.test("GET /notifications/{id}: has the seed's fields, before and after it was sent", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const id = await send(hark, service.keys.live, SMS_2016, text({ to: " +44 7700 900404 " }));
  const before = await read(hark, service, id);
  assert.deepEqual(Object.keys(before).sort(), FIELDS);
  await hark.settle();
  const after = await read(hark, service, id);
  assert.match(after.createdAt, TIMESTAMP);
  assert.match(after.sentAt, TIMESTAMP);
  assert.deepEqual(after, {
    status: "delivered",
    createdAt: before.createdAt,
    to: "+44 7700 900404",
    method: "sms",
    sentAt: after.sentAt,
    id,
    message: "Hi myname",
    jobId: null,
    sender: after.sender,
  });
  assert.equal(typeof after.sender, "string");

  const mailId = await send(hark, service.keys.live, EMAIL_2016, mail());
  const email = await read(hark, service, mailId);
  assert.deepEqual(Object.keys(email).sort(), FIELDS);
  assert.equal(email.method, "email");
  assert.equal(email.to, "email@gov.uk");
  assert.equal(email.message, "Dear myname,\r\n\r\nYour card is ready.");
});

Deno.test("/notifications and /v2: read each other's notifications", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  const old = await send(hark, live, SMS_2016, text());
  await bodyOf(await hark.as(live, "GET", `/v2/notifications/${old}`), 200);
  const { id } = await bodyOf(await hark.as(live, "POST", EMAIL, emailTo(service)), 201);
  assert.equal((await read(hark, service, id)).method, "email");
});

type Message = string | Readonly<Record<string, readonly string[]>>;

const REFUSALS: readonly (readonly [string, string, unknown, Message])[] = [
  ["no JSON", SMS_2016, "{", "Invalid JSON supplied in POST data"],
  ["an empty body", SMS_2016, "", "Invalid JSON supplied in POST data"],
  ["deep nesting", SMS_2016, "[".repeat(100_000), "Invalid JSON supplied in POST data"],
  ["null", SMS_2016, "null", { body: ["Not a JSON object."] }],
  ["a list", SMS_2016, "[]", { body: ["Not a JSON object."] }],
  ["a text", EMAIL_2016, '"x"', { body: ["Not a JSON object."] }],
  ["an empty object", SMS_2016, {}, {
    to: ["Missing data for required field."],
    template: ["Missing data for required field."],
  }],
  [
    "wrong types and unknown fields, all at once",
    SMS_2016,
    { to: 7, template: [], personalisation: "x", reference: "r", jobId: 1 },
    {
      to: ["Not a valid string."],
      template: ["Not a template's id or number."],
      personalisation: ["Not a valid mapping type."],
      reference: ["Unknown field."],
      jobId: ["Unknown field."],
    },
  ],
  ["nulls", EMAIL_2016, { to: null, template: null, personalisation: null }, {
    to: ["Not a valid string."],
    template: ["Not a template's id or number."],
    personalisation: ["Not a valid mapping type."],
  }],
  ["an unknown number", SMS_2016, text({ template: 7 }), { template: ["Template not found"] }],
  ["an unknown number as text", SMS_2016, text({ template: "7" }), {
    template: ["Template not found"],
  }],
  ["an unknown id", SMS_2016, text({ template: NO_ID }), { template: ["Template not found"] }],
  ["a template of the other channel", SMS_2016, text({ template: 2 }), {
    template: ["email template is not suitable for sms notification"],
  }],
  ["missing personalisation", SMS_2016, text({ personalisation: {} }), {
    template: ["Missing personalisation: name"],
  }],
  ["no personalisation", EMAIL_2016, mail({ personalisation: undefined }), {
    template: ["Missing personalisation: name, item"],
  }],
  ["a wrong number", SMS_2016, text({ to: "1" }), {
    to: ["Number is not valid – double check the phone number you entered"],
  }],
  ["an empty number", SMS_2016, text({ to: "" }), { to: ["Not enough digits"] }],
  ["a wrong address", EMAIL_2016, mail({ to: "+447700900404" }), {
    to: ["Not a valid email address"],
  }],
  ["a long text", SMS_2016, text({ personalisation: { name: "x".repeat(916) } }), {
    content: [
      "Your message is too long. Text messages cannot be longer than 918 characters. " +
      "Your message is 919 characters long.",
    ],
  }],
];

for (const template of [0, -1, 1.5, true, {}, "", "one", "01", "1.0", "9999999999", NO_ID + "0"]) {
  Deno.test(`POST /notifications/sms: 400 for the template ${JSON.stringify(template)}`, async () => {
    await using hark = await startTestApplication();
    const service = await newServiceWithTemplates(hark);
    const answer = await hark.as(service.keys.live, "POST", SMS_2016, text({ template }));
    assert.deepEqual(await bodyOf(answer, 400), {
      result: "error",
      message: { template: ["Not a template's id or number."] },
    });
  });
}

Deno.test("POST /notifications/{channel}: reports a refusal under the field that it is about", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  for (const [title, path, body, message] of REFUSALS) {
    const answer = await hark.as(service.keys.live, "POST", path, body);
    assert.deepEqual(await bodyOf(answer, 400, title), { result: "error", message }, title);
  }
  await assertNothingSent(hark);
});

Deno.test("POST /notifications/{channel}: refuses what service, key and mode do not allow", async () => {
  await using hark = await startTestApplication();
  const closed = await newServiceWithTemplates(hark, {
    channels: ["email"],
    international_sms: false,
  });
  const trial = await newServiceWithTemplates(hark, { mode: "trial", international_sms: false });
  const teamOnly = "Can’t send to this recipient using a team-only API key";
  const trialOnly = "Can’t send to this recipient when service is in trial mode – see " +
    "https://www.notifications.service.gov.uk/trial-mode";
  const abroad = text({ to: "+33612345678" });
  const cases: readonly (readonly [string, string, unknown, Message])[] = [
    [closed.keys.live, SMS_2016, text(), {
      service: ["Service is not allowed to send text messages"],
    }],
    [closed.keys.team, EMAIL_2016, mail(), { to: [teamOnly] }],
    [trial.keys.live, SMS_2016, text(), { to: [trialOnly] }],
    [trial.keys.test, SMS_2016, abroad, { to: ["Cannot send to international mobile numbers"] }],
  ];
  for (const [key, path, body, message] of cases) {
    const answer = await hark.as(key, "POST", path, body);
    assert.deepEqual(await bodyOf(answer, 400), { result: "error", message });
  }
});

Deno.test("GET /notifications/{id}: 404 for a notification of another service", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const theirs = await send(hark, other.keys.live, SMS_2016, text());
  for (const id of [theirs, NO_ID]) {
    const answer = await hark.as(service.keys.live, "GET", `${LIST}/${id}`);
    assert.deepEqual(await bodyOf(answer, 404), { result: "error", message: "No result found" });
  }
  for (const id of ["1", "x", "%00", "sms"]) {
    const answer = await hark.as(service.keys.live, "GET", `${LIST}/${id}`);
    assert.deepEqual(await bodyOf(answer, 400), {
      result: "error",
      message: { notification_id: ["Not a valid UUID."] },
    });
  }
  const template = (await newServiceWithTemplates(hark)).sms;
  const sent = await hark.as(service.keys.live, "POST", SMS_2016, text({ template }));
  assert.deepEqual(await bodyOf(sent, 400), {
    result: "error",
    message: { template: ["Template not found"] },
  });
});

Deno.test("GET /notifications: has numbered pages of 50 with links", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const { live, test } = service.keys;
  const ids: string[] = [];
  for (let sent = 0; sent < 101; sent++) {
    ids.unshift((await bodyOf(await hark.as(live, "POST", SMS, textTo(service)), 201)).id);
  }
  await bodyOf(await hark.as(test, "POST", SMS, textTo(service)), 201);
  const page = async (query: string) => await bodyOf(await hark.as(live, "GET", LIST + query), 200);
  const address = (number: number) => `http://hark.test/notifications?page=${number}`;
  const idsOf = (data: readonly { notification: { id: string } }[]) =>
    data.map(({ notification }) => notification.id);
  for (const query of ["", "?page=1", "?&page=1"]) {
    const first = await page(query);
    assert.deepEqual(Object.keys(first), ["data", "links"]);
    assert.deepEqual(Object.keys(first.data[0]), ["notification"]);
    assert.deepEqual(Object.keys(first.data[0].notification).sort(), FIELDS);
    assert.deepEqual(idsOf(first.data), ids.slice(0, 50), query);
    assert.deepEqual(first.links, { next: address(2) });
  }
  const second = await page("?&page=2");
  assert.deepEqual(idsOf(second.data), ids.slice(50, 100));
  assert.deepEqual(second.links, { prev: address(1), next: address(3) });
  const third = await page("?page=3");
  assert.deepEqual(idsOf(third.data), ids.slice(100));
  assert.deepEqual(third.links, { prev: address(2) });
  assert.deepEqual(await page("?page=4"), { data: [], links: { prev: address(3) } });
  assert.deepEqual(await page("?page=10000"), { data: [], links: { prev: address(9999) } });
  for (const number of ["0", "-1", "x", "1.5", "", "10001", "01", "9".repeat(400)]) {
    assert.deepEqual(await bodyOf(await hark.as(live, "GET", `${LIST}?page=${number}`), 400), {
      result: "error",
      message: { page: ["Not a page number: 1 to 10000."] },
    });
  }
});

/** Asserts the answer that the API of 2016 gives to every refusal. */
async function assertRefused(answer: Response, status: number, message: string): Promise<void> {
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.deepEqual(await bodyOf(answer, status), { result: "error", message });
}

Deno.test("/notifications: answers wrong methods and unknown addresses in its own shape", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const { live } = service.keys;
  const notAllowed = "The method is not allowed for the requested URL.";
  const notFound = "The requested URL was not found on the server. If you entered the URL " +
    "manually please check your spelling and try again.";
  const cases = [
    ["POST", LIST, "{}", 405, notAllowed],
    ["DELETE", `${LIST}/${NO_ID}`, undefined, 405, notAllowed],
    ["PUT", SMS_2016, "{}", 405, notAllowed],
    ["POST", `${LIST}/letter`, "{}", 405, notAllowed],
    ["GET", `${LIST}/a/b`, undefined, 404, notFound],
  ] as const;
  for (const [method, path, body, status, message] of cases) {
    await assertRefused(await hark.as(live, method, path, body), status, message);
  }
});

// A server ends the connection of a body that is too large, and the client may not see the answer.
test.inside("/notifications: answers large bodies and errors in its own shape", async () => {
  let broken = false;
  const clock = createClock();
  await using hark = await startTestApplication({
    clock: {
      ...clock,
      newNotificationId() {
        if (broken) throw new Error("an internal error");
        return clock.newNotificationId();
      },
    },
  });
  const { live } = (await newServiceWithTemplates(hark)).keys;
  const large = " ".repeat(5 * 1024 * 1024 + 1);
  const refused = await hark.as(live, "POST", SMS_2016, large);
  await assertRefused(refused, 413, "The request is larger than 5 MB");
  broken = true;
  const failed = await hark.as(live, "POST", SMS_2016, text());
  await assertRefused(failed, 500, "Internal server error");
});
