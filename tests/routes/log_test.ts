import assert from "node:assert/strict";
import { createClock } from "../../adapters/clock.ts";
import { ADMIN_TOKEN, issueRequestToken, startTestApplication } from "../support/application.ts";
import {
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  SMS,
  SMS_2016,
  textTo,
  UUID,
} from "./support.ts";
import { test } from "../support/runner.ts";

/** Personal data and secrets: none of them may be in a log. */
const PRIVATE = [
  "7700900123",
  "7700 900123",
  "ann.smith",
  "Smith",
  "reference-of-ann",
  "secret-card",
  "Land Registry of Ann",
  ADMIN_TOKEN,
  "template-name",
  "bob.jones",
  "idempotency-of-ann",
];

test.inside("log: has one line a request and one an attempt, and no personal data", async () => {
  const clock = createClock();
  let broken = false;
  await using hark = await startTestApplication({
    clock: {
      ...clock,
      newNotificationId() {
        if (broken) throw new TypeError("cannot send to 07700900123, ann.smith@example.com");
        return clock.newNotificationId();
      },
    },
  });
  const service = await newServiceWithTemplates(hark, { name: "Land Registry of Ann" });
  const { live, team, test } = service.keys;
  const sendText = textTo(service, {
    reference: "reference-of-ann",
    personalisation: { name: "Smith" },
  });
  const sendMail = emailTo(service, {
    email_address: "ann.smith@example.com",
    personalisation: { name: "Smith", item: "secret-card" },
  });
  const old = { to: "07700900123", template: 1, personalisation: { name: "Smith" } };
  const listed = { ...sendText, type: "sms", idempotency_key: "idempotency-of-ann-2" };
  const path = `/manage/services/${service.id}`;
  const token = await issueRequestToken(live);
  const key = { "idempotency-key": "idempotency-of-ann" };
  const first = (await hark.log()).length;

  const sent = await bodyOf(await hark.as(live, "POST", SMS, sendText, key), 201);
  const answers: readonly (readonly [number, () => Promise<Response>])[] = [
    [201, () => hark.as(live, "POST", SMS, sendText, key)],
    [201, () => hark.as(test, "POST", EMAIL, sendMail)],
    [201, () => hark.as(live, "POST", EMAIL, sendMail)],
    [201, () => hark.as(live, "POST", SMS_2016, old)],
    [400, () => hark.as(live, "POST", SMS, { ...sendText, phone_number: "07700900123x" })],
    [400, () => hark.as(team, "POST", EMAIL, sendMail)],
    [400, () => hark.as(live, "POST", EMAIL, { ...sendMail, email_address: "ann.smith" })],
    [400, () => hark.as(live, "POST", SMS, `{"phone_number": "07700900123`)],
    [422, () => hark.as(live, "POST", SMS, { ...sendText, reference: "x" }, key)],
    [200, () => hark.as(live, "POST", "/v2/notifications/batch", { notifications: [listed] }, key)],
    [400, () => hark.as(live, "POST", "/v2/notifications/batch", { Smith: [listed] })],
    [400, () => hark.as(live, "POST", "/v2/notifications/ann.smith@example.com/cancel")],
    [200, () => hark.as(live, "GET", `/v2/notifications/${sent.id}`)],
    [200, () => hark.as(live, "GET", "/v2/notifications?reference=reference-of-ann")],
    [200, () => hark.as(live, "GET", `/v2/template/${service.sms}/version/1`)],
    [400, () => hark.as(live, "GET", "/v2/notifications/ann.smith@example.com")],
    [400, () => hark.as(live, "GET", "/v2/notifications/07700900123")],
    [400, () => hark.as(live, "GET", "/notifications/07700900123")],
    [400, () => hark.as(live, "GET", "/v2/template/Smith")],
    [404, () => hark.as(live, "POST", "/v2/notifications/Smith", "{}")],
    [404, () => hark.request("/ann.smith@example.com/07700900123")],
    [404, () => hark.request("/v2/Smith")],
    [404, () => hark.request("/receipts/Smith", { method: "POST" })],
    [405, () => hark.request("/v2/notifications/Smith", { method: "DELETE" })],
    [401, () => hark.request(`/v2/notifications/Smith?token=${token}`)],
    [403, () => hark.request("/v2/templates", { headers: { authorization: `Bearer x${token}` } })],
    [401, () => hark.request(`/manage/services/Smith?token=${ADMIN_TOKEN}`)],
    [404, () => hark.manage("GET", "/manage/services/Smith")],
    [404, () => hark.manage("GET", "/manage/Smith")],
    [200, () => hark.manage("GET", `${path}/notifications?to=07700900123`)],
    [200, () => hark.manage("GET", `${path}/notifications?to=ann.smith@example.com`)],
    [
      200,
      () =>
        hark.manage("PUT", `${path}/guests`, {
          email_addresses: ["bob.jones@example.com"],
          phone_numbers: ["07700900123"],
        }),
    ],
    [
      400,
      () =>
        hark.manage("PUT", `${path}/guests`, {
          email_addresses: ["bob.jones"],
          phone_numbers: ["07700900123x"],
        }),
    ],
    [
      201,
      () =>
        hark.manage("POST", `${path}/templates`, {
          channel: "sms",
          name: "template-name",
          body: "secret-card",
        }),
    ],
    [201, () => hark.manage("POST", `${path}/keys`, { name: "Smith", kind: "live" })],
  ];
  for (const [index, [status, ask]] of answers.entries()) {
    const response = await ask();
    const text = await response.text();
    assert.equal(response.status, status, `${index} ${text.slice(0, 200)}`);
  }
  await hark.settle();
  broken = true;
  await bodyOf(await hark.as(live, "POST", SMS, sendText), 500);
  await hark.settle();

  const lines = (await hark.log()).slice(first);
  const secrets = [live, team, test].map((each) => each.slice(-36));
  for (const line of await hark.log()) {
    const text = JSON.stringify(line);
    for (const word of [...PRIVATE, ...secrets, token]) {
      assert.ok(!text.includes(word), `${word} in ${text}`);
    }
  }
  const requests = lines.filter(({ event }) => event === "request");
  assert.equal(requests.length, answers.length + 2);
  assert.equal(new Set(requests.map(({ request_id }) => request_id)).size, requests.length);
  const attempts = lines.filter(({ event }) => event === "attempt");
  assert.equal(attempts.length, 5);
  for (const { notification_id, service_id, outcome, attempt } of attempts) {
    assert.match(String(notification_id), UUID);
    assert.deepEqual([service_id, outcome, attempt], [service.id, "accepted", 1]);
  }
  const errors = lines.filter(({ event }) => event === "error");
  assert.deepEqual(errors.map(({ error }) => error), ["TypeError"]);
  const refused = lines.filter(({ event }) => event === "credential-refused");
  assert.deepEqual(refused.map(({ credential, reason, client }) => [credential, reason, client]), [
    ["service-token", "token-undecodable", "unknown"],
  ]);
  assert.equal(
    lines.length,
    requests.length + attempts.length + errors.length + refused.length,
  );
});

Deno.test("log: identifies caller and request by ids and the route", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  const { id } = await bodyOf(
    await hark.as(service.keys.live, "POST", SMS, textTo(service)),
    201,
  );
  // The line of the attempt comes at any time after the answer.
  await hark.settle();
  const path = `/manage/services/${service.id}`;
  const cases = [
    ["GET", `/v2/notifications/${id}`, `/v2/notifications/${id}`, service.id],
    ["GET", "/v2/notifications/somebody", "/v2/notifications/:id", service.id],
    [
      "GET",
      `/v2/template/${service.sms}/version/1`,
      `/v2/template/${service.sms}/version/:version`,
      service.id,
    ],
    ["GET", "/notifications?page=2", "/notifications", service.id],
    ["GET", "/nothing/at/all", "unknown", undefined],
    ["GET", "/healthz", "/healthz", undefined],
  ] as const;
  for (const [method, path, route, serviceId] of cases) {
    const answer = await hark.as(service.keys.live, method, path);
    const line = (await hark.log()).at(-1);
    assert.deepEqual(
      [line?.["event"], line?.["method"], line?.["route"], line?.["status"], line?.["service_id"]],
      ["request", method, route, answer.status, serviceId],
    );
    assert.equal(line?.["request_id"], answer.headers.get("x-request-id"));
    await answer.body?.cancel();
  }
  await bodyOf(await hark.manage("GET", `${path}/keys`), 200);
  assert.equal((await hark.log()).at(-1)?.["route"], `${path}/keys`);
  const sent = (await hark.log()).find(({ notification_id }) => notification_id === id);
  assert.equal(sent?.["route"], SMS);
  await bodyOf(await hark.manage("GET", `/manage/services/${NO_ID}`), 404);
});
