import assert from "node:assert/strict";
import { MAX_BATCH_ITEMS } from "../../../../domain/notify_v2/schemas.ts";
import { MAX_BATCH_BYTES } from "../../../../routes/notify/v2/batch_items.ts";
import {
  assertError,
  assertNothingSent,
  bodyOf,
  callAt,
  countOf,
  HOUR,
  newServiceWithTemplates,
  NO_ID,
  NOON,
  UUID,
} from "../../support.ts";
import { BATCH, codesOf, idsOf, mail, messagesOf, startBatch, text } from "./batch_support.ts";
import { test } from "../../../support/runner.ts";

Deno.test("POST /v2/notifications/batch: sends unlike notifications, each as a single send would", async () => {
  await using batch = await startBatch();
  const { hark, clock, service, send } = batch;
  const later = new Date(NOON + HOUR).toISOString();
  const results = await send([
    text(service, { reference: "a" }),
    mail(service, { reference: "b", sanitise_content_for: [] }),
    text(service, { phone_number: "not a number" }),
    text(service, { scheduled_for: later, valid_until: null, urgent: true }),
  ]);
  const [one, two, three, four] = results;
  assert.match(one?.id ?? "", UUID);
  assert.deepEqual(one, {
    index: 0,
    status_code: 201,
    id: one?.id,
    reference: "a",
    uri: `http://hark.test/v2/notifications/${one?.id}`,
    template: {
      id: service.sms,
      version: 1,
      uri: `http://hark.test/services/${service.id}/templates/${service.sms}`,
    },
    scheduled_for: null,
  });
  assert.deepEqual(two, { ...two, index: 1, status_code: 201, reference: "b" });
  assert.equal(three?.index, 2);
  assert.equal(three?.status_code, 400);
  assert.deepEqual(four, { ...four, scheduled_for: "2031-05-14T13:00:00.000000Z" });
  await hark.settle();
  assert.deepEqual((await hark.sent()).map(({ channel }) => channel).toSorted(), ["email", "sms"]);
  for (const id of [one?.id, two?.id]) {
    const read = await callAt(
      hark,
      clock,
      service.keys.live,
      "GET",
      `/v2/notifications/${id}`,
    );
    assert.equal((await bodyOf(read, 200)).status, "delivered");
  }
  clock.advance(HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 3);
});

Deno.test("POST /v2/notifications/batch: refuses each item with the message of a single send", async () => {
  await using batch = await startBatch({ settings: { channels: ["sms", "email", "inbox"] } });
  const { hark, clock, service, send } = batch;
  const stranger = await newServiceWithTemplates(hark);
  const gone = await hark.newTemplate(service.id);
  await hark.manage("DELETE", `/manage/services/${service.id}/templates/${gone}`);
  const cases = [
    text(service, { phone_number: undefined, odd: 1 }),
    text(service, { phone_number: 7, template_id: "x" }),
    text(service, { template_id: NO_ID }),
    text(service, { template_id: stranger.sms }),
    text(service, { template_id: service.email }),
    text(service, { template_id: gone }),
    text(service, { personalisation: {} }),
    text(service, { personalisation: { name: { file: "" } } }),
    text(service, { phone_number: "07700900123", sms_sender_id: NO_ID }),
    text(service, { personalisation: { name: "x".repeat(2_000) } }),
    text(service, { scheduled_for: "2001-01-01" }),
    mail(service, { email_address: "nobody" }),
    mail(service, { personalisation: { name: "Ann" } }),
    { type: "inbox", recipient_id: "ann", template_id: service.sms },
    { type: "diia", rnokpp: "1234567899", template_id: service.sms },
    { type: "diia", rnokpp: "1", template_id: service.sms },
  ];
  const results = await send(cases);
  for (const [index, { type, ...body }] of cases.entries()) {
    const path = `/v2/notifications/${type}`;
    const answer = await callAt(hark, clock, service.keys.live, "POST", path, body);
    const alone = await bodyOf(answer, answer.status);
    assert.notEqual(answer.status, 201, JSON.stringify(body));
    assert.deepEqual(results[index], { index, ...alone }, JSON.stringify(body));
  }
  await assertNothingSent(hark);
});

Deno.test("POST /v2/notifications/batch: reports why an item is not a notification", async () => {
  await using batch = await startBatch();
  const { hark, service, send } = batch;
  const { type: _, ...untyped } = text(service);
  const file = { file: btoa("x"), filename: "a.txt" };
  const cases: readonly (readonly [unknown, string])[] = [
    [null, "notification is not of type object"],
    ["x", "notification is not of type object"],
    [[], "notification is not of type object"],
    [untyped, "type is a required property"],
    [{ ...untyped, type: "letter" }, "type is not one of [sms, email, inbox, diia]"],
    [{ ...untyped, type: null }, "type is not one of [sms, email, inbox, diia]"],
    [
      mail(service, { personalisation: { name: file, item: "x" } }),
      "personalisation has a file: files are sent with POST /v2/notifications/email only",
    ],
    [
      text(service, { idempotency_key: 7 }),
      "Idempotency-Key must be 1 to 255 printable ASCII characters",
    ],
    [
      text(service, { idempotency_key: "é" }),
      "Idempotency-Key must be 1 to 255 printable ASCII characters",
    ],
    [
      text(service, { idempotency_key: "x".repeat(256) }),
      "Idempotency-Key must be 1 to 255 printable ASCII characters",
    ],
  ];
  const results = await send(cases.map(([result]) => result));
  assert.deepEqual(messagesOf(results), cases.map(([, message]) => message));
  assert.deepEqual(codesOf(results), cases.map(() => 400));
  await assertNothingSent(hark);
});

Deno.test("POST /v2/notifications/batch: accepts 1 to 1,000 notifications and no other body", async () => {
  await using batch = await startBatch();
  const { hark, service, post } = batch;
  const list = "notifications is not a list of 1 to 1000 items";
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, "notifications is a required property"],
    [{ notifications: [] }, list],
    [{ notifications: {} }, list],
    [{ notifications: null }, list],
    [{ notifications: Array(MAX_BATCH_ITEMS + 1).fill(text(service)) }, list],
  ];
  for (const [body, message] of cases) {
    await assertError(await post(body), 400, "ValidationError", message);
  }
  await assertError(
    await post({ notifications: [text(service)], name: "x" }),
    400,
    "ValidationError",
    "Additional properties are not allowed (name was unexpected)",
  );
  for (const body of ["", "{", "[1"]) {
    await assertError(
      await post(body),
      400,
      "BadRequestError",
      "Invalid JSON supplied in POST data",
    );
  }
  await assertError(
    await post({ notifications: [text(service)] }, { "idempotency-key": "a\tb" }),
    400,
    "BadRequestError",
    "Idempotency-Key must be 1 to 255 printable ASCII characters",
  );
  await assertNothingSent(hark);
});

test.inside("POST /v2/notifications/batch: accepts 20 MB and refuses one byte more", async () => {
  await using batch = await startBatch();
  const { hark, service, post } = batch;
  const frame = JSON.stringify({ notifications: [text(service)] });
  const fitting = frame + " ".repeat(MAX_BATCH_BYTES - frame.length);
  const { notifications } = await bodyOf(await post(fitting), 200);
  assert.deepEqual(codesOf(notifications), [201]);
  await assertError(
    await post(`${fitting} `),
    413,
    "RequestEntityTooLarge",
    "The request is larger than 20 MB",
  );
  // Other addresses keep their own limit.
  const single = await callAt(
    hark,
    batch.clock,
    service.keys.live,
    "POST",
    "/v2/notifications/sms",
    " ".repeat(5 * 1024 * 1024 + 1),
  );
  await assertError(single, 413, "RequestEntityTooLarge", "The request is larger than 5 MB");
  assert.equal(await countOf(hark, "notifications"), 1);
});

Deno.test("POST /v2/notifications/batch: accepts 1,000 items in their order", async () => {
  await using batch = await startBatch();
  const { hark, service, send } = batch;
  const results = await send(
    Array.from({ length: MAX_BATCH_ITEMS }, (_, index) =>
      (index % 2 === 0 ? text : mail)(service, {
        reference: String(index),
        idempotency_key: `key ${index}`,
      })),
  );
  assert.deepEqual(results.map(({ index }) => index), [...results.keys()]);
  assert.ok(results.every(({ status_code }) => status_code === 201));
  assert.equal(new Set(idsOf(results)).size, MAX_BATCH_ITEMS);
  assert.deepEqual(idsOf(results), idsOf(results).toSorted(), "ids are in the order of the batch");
  await batch.drain();
  const [result] = await hark.db.read([
    "SELECT count(*) AS n FROM notifications WHERE status = 'delivered'",
  ]);
  assert.equal(Number(result?.rows[0]?.["n"]), MAX_BATCH_ITEMS);
  assert.equal(await countOf(hark, "notifications"), MAX_BATCH_ITEMS);
});

Deno.test("POST /v2/notifications/batch: keeps the digits of long numbers in every item", async () => {
  await using batch = await startBatch();
  const { hark, service } = batch;
  const results = ["12345678901234567890", "7", '"x"'].map((name) =>
    JSON.stringify(text(service, { personalisation: { name: 0 } })).replace(
      '"name":0',
      `"name":${name}`,
    )
  );
  const body = `{"notifications":[${results.join(",")}]}`;
  const { notifications } = await bodyOf(await batch.post(body), 200);
  assert.deepEqual(codesOf(notifications), [201, 201, 201]);
  await hark.settle();
  const texts = (await hark.sent()).map((entry) => entry.text).toSorted();
  assert.deepEqual(
    texts,
    ["Hi 12345678901234567890", "Hi 7", "Hi x"].map((text) =>
      texts.find((sent) => sent.endsWith(text))
    ),
  );
});

Deno.test("POST /v2/notifications/batch: a team key sends to the guest list only", async () => {
  await using batch = await startBatch();
  const { hark, service, send } = batch;
  await hark.manage("PUT", `/manage/services/${service.id}/guests`, {
    email_addresses: [],
    phone_numbers: ["07700900123"],
  });
  const results = await send(
    [text(service), text(service, { phone_number: "07700900124" }), mail(service)],
    {},
    "team",
  );
  assert.deepEqual(codesOf(results), [201, 400, 400]);
  assert.match(messagesOf(results)[1] ?? "", /team-only API key/);
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("POST /v2/notifications/batch: a test key simulates, and consumes nothing from daily limits", async () => {
  await using batch = await startBatch({ settings: { daily_limits: { sms: 1 } } });
  const { hark, clock, service, send } = batch;
  const results = await send(
    ["07700900123", "07700900002", "07700900003"].map((phone_number) =>
      text(service, { phone_number })
    ),
    {},
    "test",
  );
  assert.deepEqual(codesOf(results), [201, 201, 201]);
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
  const statuses = await Promise.all(
    idsOf(results).map(async (id) => {
      const path = `/v2/notifications/${id}`;
      return (await bodyOf(await callAt(hark, clock, service.keys.test, "GET", path), 200)).status;
    }),
  );
  assert.deepEqual(statuses, ["delivered", "permanent-failure", "temporary-failure"]);
});

test.inside("POST /v2/notifications/batch: delivers due notifications after its answer", async () => {
  const batch = await startBatch();
  const { hark, service, send } = batch;
  await send([text(service), mail(service)]);
  // Closing waits for work after answers, and starts no poll cycle.
  await hark.close();
  assert.equal((await hark.sent()).length, 2);
});

Deno.test("GET /v2/notifications/batch: is not a notification; other methods are refused", async () => {
  await using batch = await startBatch();
  const { hark, clock, service } = batch;
  await assertError(
    await callAt(hark, clock, service.keys.live, "GET", BATCH),
    400,
    "ValidationError",
    "notification_id is not a valid UUID",
  );
  assert.equal((await callAt(hark, clock, service.keys.live, "PUT", BATCH)).status, 405);
});
