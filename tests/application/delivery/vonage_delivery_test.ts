/** Texts from the API through Vonage and back, with moved time. */
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { HOUR_MS, MINUTE_MS } from "../../../domain/time/durations.ts";
import { MAX_INBOUND_BYTES } from "../../../routes/inbound/app.ts";
import { MAX_RECEIPT_BYTES } from "../../../routes/receipts/app.ts";
import {
  APPLICATION_ID,
  KEYS,
  SECRET,
  startStandIn,
} from "../../adapters/providers/vonage/bench.ts";
import { bodyOf } from "../../routes/support.ts";
import { issueRequestToken, startTestApplication } from "../../support/application.ts";
import { dropAnswer, status } from "../../support/stand_ins/scripted_server.ts";
import { startTwilio } from "../../support/stand_ins/twilio.ts";
import { signVonageCall, toProblem } from "../../support/stand_ins/vonage.ts";

const NUMBER = "447700900999";
const PERSON = "447700900123";

/** An application with Vonage, whose webhooks it serves, and a movable clock. */
async function startScene(environment: Readonly<Record<string, string>> = {}) {
  const time = { now: Date.now() };
  const stand = await startStandIn(() => time.now);
  const hark = await startTestApplication({
    environment: {
      PUBLIC_URL: "https://hark.test",
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      VONAGE_PRIVATE_KEY: KEYS.privateKey.replaceAll("\n", "\\n"),
      VONAGE_SIGNATURE_SECRET: SECRET,
      VONAGE_FROM: "Hark",
      VONAGE_BASE_URL: stand.url,
      ...environment,
    },
    clock: createClock(() => time.now),
  });
  const hook = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      return await hark.request(pathname + search, { method, headers, body: await request.text() });
    },
  );
  stand.reportTo(`http://127.0.0.1:${hook.addr.port}`);
  const service = await hark.newService();
  const template_id = await hark.newTemplate(service.id);
  const call = async (method: string, path: string, body?: unknown) => {
    const token = await issueRequestToken(service.keys.live, Math.floor(time.now / 1000));
    return await hark.request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const sendTo = (phone_number: string) =>
    call("POST", "/v2/notifications/sms", {
      template_id,
      phone_number,
      personalisation: { name: "Ann" },
    });
  return {
    stand,
    hark,
    time,
    service,
    call,
    sendTo,
    async send() {
      const { id }: { readonly id: string } = await bodyOf(await sendTo(PERSON), 201);
      await hark.settle();
      return id;
    },
    async statusOf(id: string) {
      const { status } = await bodyOf(await call("GET", `/v2/notifications/${id}`), 200);
      return status as string;
    },
    async timeline(id: string) {
      const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
      const { events } = await bodyOf(await hark.manage("GET", path), 200);
      return events as readonly Readonly<Record<string, unknown>>[];
    },
    async provider() {
      const { providers } = await bodyOf(await hark.manage("GET", "/manage/providers"), 200);
      return (providers as readonly Readonly<Record<string, unknown>>[]).find(({ name }) =>
        name === "vonage"
      );
    },
    async received() {
      const answer = await bodyOf(await call("GET", "/v2/received-text-messages"), 200);
      return answer.received_text_messages as readonly Readonly<Record<string, unknown>>[];
    },
    async addNumber() {
      const path = `/manage/services/${service.id}/inbound_numbers`;
      await bodyOf(await hark.manage("POST", path, { number: NUMBER }), 201);
    },
    async [Symbol.asyncDispose]() {
      await hook.shutdown();
      await hark.close();
      await stand.close();
    },
  };
}

Deno.test("vonage: a text is delivered by its report, once; forged reports change nothing", async () => {
  await using scene = await startScene();
  const { stand } = scene;
  const id = await scene.send();
  const [text] = stand.accepted;
  assert(text !== undefined);
  assert.deepEqual([text.to, text.from, text.text], [PERSON, "Hark", "Test service: Hi Ann"]);
  assert.equal(text.webhookUrl, "https://hark.test/receipts/vonage");
  assert.equal(await scene.statusOf(id), "sending");
  assert.deepEqual(await stand.report(text.id, "delivered", { forged: true }), [401]);
  assert.equal(await scene.statusOf(id), "sending");
  assert.deepEqual(await stand.report(text.id, "submitted"), [200]);
  assert.deepEqual(await stand.report(text.id, "delivered", { times: 3 }), [200, 200, 200]);
  assert.equal(await scene.statusOf(id), "delivered");
  const events = await scene.timeline(id);
  assert.equal(events.filter(({ status }) => status === "delivered").length, 1);
});

Deno.test("vonage: a failure has the kind of its code, and a code that the table lacks is logged", async () => {
  await using scene = await startScene();
  const { stand, hark } = scene;
  const cases = [
    ["rejected", 1190, "permanent-failure"],
    [
      "undeliverable",
      1180,
      "temporary-failure",
    ],
    ["rejected", 1210, "technical-failure"],
    ["rejected", 7777, "temporary-failure"],
  ] as const;
  for (const [status, code, expected] of cases) {
    const id = await scene.send();
    await stand.report(stand.accepted.at(-1)?.id ?? "", status, { code });
    assert.equal(await scene.statusOf(id), expected, `${code}`);
  }
  const unlisted = hark.logged.filter(({ event }) => event === "unlisted-code");
  assert.deepEqual(unlisted, [{ event: "unlisted-code", provider: "vonage", code: "7777" }]);
});

Deno.test("vonage: a text of unknown outcome is sent again after minutes, marked; a report names its attempt", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  stand.next(dropAnswer());
  const id = await scene.send();
  assert.equal(stand.accepted.length, 1);
  time.now += 4 * MINUTE_MS;
  await hark.settle();
  assert.equal(stand.accepted.length, 1, "not within five minutes");
  time.now += 3 * MINUTE_MS;
  await hark.settle();
  const [first, second] = stand.accepted;
  assert(first !== undefined && second !== undefined);
  assert.equal(second.clientRef, `${first.clientRef}.2`);
  const started = (await scene.timeline(id)).filter(({ kind }) => kind === "attempt-started");
  assert.deepEqual(started.map((each) => each["possible_duplicate"]), [undefined, true]);
  // The failure of the first attempt does not end the text, which the second has delivered.
  assert.deepEqual(await stand.report(first.id, "rejected", { code: 1190 }), [200]);
  assert.equal(await scene.statusOf(id), "sending");
  assert.deepEqual(await stand.report(second.id, "delivered"), [200]);
  assert.equal(await scene.statusOf(id), "delivered");
});

Deno.test("vonage: a fault of the account pauses the provider visibly, and what waits goes out when it is mended", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  stand.always(status(402, toProblem("low-balance")));
  const id = await scene.send();
  const paused = await scene.provider();
  assert.deepEqual([paused?.["health"], paused?.["reason"]], ["paused", "low-balance"]);
  stand.always(undefined);
  time.now += 2 * MINUTE_MS;
  await hark.settle();
  assert.equal(await scene.statusOf(id), "sending");
  assert.equal(stand.accepted.length, 1);
  assert.equal((await scene.provider())?.["health"], "healthy");
});

Deno.test("vonage: stands by for Twilio, takes over while that is paused, and is preferred where SMS_PROVIDER names it", async () => {
  const account = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
  const twilio = await startTwilio(account);
  const environment = {
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_FROM: "+15005550006",
    TWILIO_BASE_URL: twilio.url,
  };
  try {
    await using scene = await startScene(environment);
    await scene.send();
    assert.deepEqual([twilio.accepted.length, scene.stand.accepted.length], [1, 0]);
    await bodyOf(await scene.hark.manage("PUT", "/manage/providers/twilio", { paused: true }), 200);
    const id = await scene.send();
    assert.deepEqual([twilio.accepted.length, scene.stand.accepted.length], [1, 1]);
    const started = (await scene.timeline(id)).find(({ kind }) => kind === "attempt-started");
    assert.deepEqual([started?.["provider"], started?.["selection"]], ["vonage", "failover"]);
    await using preferred = await startScene({ ...environment, SMS_PROVIDER: "vonage" });
    await preferred.send();
    assert.deepEqual([twilio.accepted.length, preferred.stand.accepted.length], [1, 1]);
    assert.equal((await preferred.provider())?.["weight"], 100);
  } finally {
    await twilio.close();
  }
});

Deno.test("vonage: a text refused with Retry-After goes to another provider within seconds, and waits where there is none", async () => {
  const account = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
  const twilio = await startTwilio(account);
  const environment = {
    SMS_PROVIDER: "vonage",
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_FROM: "+15005550006",
    TWILIO_BASE_URL: twilio.url,
  };
  try {
    for (const isAlone of [false, true]) {
      await using scene = await startScene(isAlone ? {} : environment);
      scene.stand.always(status(429, toProblem(1000), { "Retry-After": "3000" }));
      const id = await scene.send();
      assert.equal(await scene.statusOf(id), "created");
      scene.stand.always(undefined);
      scene.time.now += MINUTE_MS;
      await scene.hark.settle();
      assert.equal(await scene.statusOf(id), isAlone ? "created" : "sending");
      assert.equal(twilio.accepted.length, 1);
      scene.time.now += HOUR_MS;
      await scene.hark.settle();
      assert.equal(await scene.statusOf(id), "sending");
      assert.equal(scene.stand.accepted.length, isAlone ? 1 : 0);
    }
  } finally {
    await twilio.close();
  }
});

Deno.test("POST /inbound/vonage: stores a text once; STOP suppresses its sender, and Hark's answer is sent by Vonage", async () => {
  await using scene = await startScene();
  const { stand } = scene;
  await scene.addNumber();
  const text = { from: PERSON, to: NUMBER, text: "Hi \u{1F44B} будь ласка" };
  assert.deepEqual(await stand.deliver(text, { times: 2 }), [200, 200]);
  const [received, ...others] = await scene.received();
  assert.deepEqual(others, []);
  assert.deepEqual([received?.["content"], received?.["user_number"]], [text.text, PERSON]);
  assert.equal(stand.accepted.length, 0);
  assert.deepEqual(await stand.deliver({ ...text, text: "Stop" }, { times: 3 }), [200, 200, 200]);
  assert.equal(stand.accepted.length, 1, "answered once");
  const [answer] = stand.accepted;
  assert.deepEqual([answer?.to, answer?.from, answer?.webhookUrl], [PERSON, NUMBER, undefined]);
  assert.match(answer?.text ?? "", /Test service/);
  assert.equal((await scene.sendTo(PERSON)).status, 400, "opted out");
  stand.always(status(500));
  assert.deepEqual(await stand.deliver({ ...text, text: "START" }), [200], "the answer is lost");
  stand.always(undefined);
  assert.equal((await scene.sendTo(PERSON)).status, 201);
});

Deno.test("POST /inbound/vonage: refuses forged, replayed, stale, oversized and malformed texts, and stores none", async () => {
  await using scene = await startScene();
  const { stand, hark, time } = scene;
  await scene.addNumber();
  const fields = {
    channel: "sms",
    message_uuid: "11111111-2222-4333-8444-555555555555",
    from: PERSON,
    to: NUMBER,
    timestamp: "2026-11-29T12:00:00Z",
    text: "STOP",
  };
  const post = async (body: string, authorization = signVonageCall(SECRET, body)) =>
    (await hark.request("/inbound/vonage", { method: "POST", headers: { authorization }, body }))
      .status;
  const body = JSON.stringify(fields);
  assert.deepEqual(
    await stand.deliver({ from: PERSON, to: NUMBER, text: "STOP" }, {
      forged: true,
    }),
    [401],
  );
  assert.equal(await post(body, ""), 401);
  assert.equal(await post(body, signVonageCall(SECRET, `${body} `)), 401);
  const old = Math.floor(time.now / 1000) - 25 * 60 * 60;
  assert.equal(await post(body, signVonageCall(SECRET, body, { iat: old })), 401);
  const malformed = [
    ...["", "{", "null"],
    ...[
      { ...fields, channel: "whatsapp" },
      { ...fields, message_uuid: "" },
      { ...fields, from: " " },
      { ...fields, to: "Hark" },
      { ...fields, text: undefined },
      { ...fields, text: 5 },
    ].map((each) => JSON.stringify(each)),
  ];
  for (const each of malformed) assert.equal(await post(each), 400, each);
  const large = [
    { ...fields, text: "x".repeat(10_001) },
    { ...fields, from: "1".repeat(51) },
    { ...fields, message_uuid: "x".repeat(201) },
    { ...fields, more: "x".repeat(MAX_INBOUND_BYTES) },
  ];
  for (const each of large) assert.equal(await post(JSON.stringify(each)), 413);
  assert.deepEqual(await scene.received(), []);
  const receipt = JSON.stringify({
    ...fields,
    status: "delivered",
    more: "x".repeat(MAX_RECEIPT_BYTES),
  });
  const tooLarge = await hark.request("/receipts/vonage", {
    method: "POST",
    headers: { authorization: signVonageCall(SECRET, receipt) },
    body: receipt,
  });
  assert.equal(tooLarge.status, 413);
  // Replayed with its own signature: nothing happens a second time.
  const authorization = signVonageCall(SECRET, body);
  assert.equal(await post(body, authorization), 200);
  await stand.deliver({ from: PERSON, to: NUMBER, text: "START" });
  assert.equal(await post(body, authorization), 200);
  assert.equal((await scene.received()).length, 2);
  assert.equal(stand.accepted.length, 2, "a replayed STOP is not answered");
  assert.equal((await scene.sendTo(PERSON)).status, 201, "a replayed STOP changes nothing");
  time.now += 25 * HOUR_MS;
  assert.equal(await post(body, authorization), 401);
});
