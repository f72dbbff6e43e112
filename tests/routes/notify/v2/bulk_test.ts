import assert from "node:assert/strict";
import { CSV_MAX_ROWS } from "../../../../domain/csv/limits.ts";
import { MAX_DAYS_VALID } from "../../../../domain/notify_v2/fields.ts";
import { MAX_JOB_NAME } from "../../../../domain/notify_v2/schemas.ts";
import { JSON_ROWS_MAX_BYTES } from "../../../../routes/http/upload_body.ts";
import { MAX_DAYS_AHEAD } from "../../../../domain/sending/schedule.ts";
import {
  issueRequestToken,
  startTestApplication,
  type TestApplication,
} from "../../../support/application.ts";
import {
  assertError,
  bodyOf,
  callAt,
  countOf,
  DAY,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  NOON,
  type ServiceWithTemplates,
  TIMESTAMP,
  UUID,
} from "../../support.ts";
import { test } from "../../../support/runner.ts";

const BULK = "/v2/notifications/bulk";

const ROWS = [["phone number", "name"], ["07900900123", "Ann"], ["07900900124", "Bob"]] as const;

const bulkOf = (service: ServiceWithTemplates, fields: Readonly<Record<string, unknown>> = {}) => ({
  name: "March",
  template_id: service.sms,
  rows: ROWS,
  ...fields,
});

function send(
  hark: TestApplication,
  service: ServiceWithTemplates,
  fields = {},
  key: "live" | "team" | "test" = "live",
) {
  return hark.as(service.keys[key], "POST", BULK, bulkOf(service, fields));
}

Deno.test("POST /v2/notifications/bulk: makes a job, in GC Notify's words, and its rows go out", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const { data } = await bodyOf(await send(hark, service), 201);
  assert.match(data.id, UUID);
  assert.match(data.created_at, TIMESTAMP);
  assert.match(data.api_key.id, UUID);
  assert.deepEqual(data, {
    id: data.id,
    original_file_name: "March",
    job_status: "pending",
    notification_count: 2,
    template: service.sms,
    template_version: 1,
    template_type: "sms",
    service: service.id,
    service_name: { name: "Test service" },
    api_key: { id: data.api_key.id, name: "live key", key_type: "normal" },
    created_by: null,
    sender_id: null,
    scheduled_for: null,
    created_at: data.created_at,
    updated_at: null,
    processing_started: null,
    processing_finished: null,
    archived: false,
  });
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
  const path = `/manage/services/${service.id}/jobs/${data.id}`;
  const job = await bodyOf(await hark.manage("GET", path), 200);
  assert.deepEqual([job.status, job.counts], ["finished", { delivered: 2 }]);
});

Deno.test("POST /v2/notifications/bulk: accepts rows or csv, also with one recipient twice", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const csv = 'phone number,name\n07900900123,Ann\n07900900123,"Bob\nBy"\n';
  const { data } = await bodyOf(await send(hark, service, { rows: undefined, csv }), 201);
  assert.equal(data.notification_count, 2);
  const objects = [{ "phone number": "07900900124", name: 7 }];
  await bodyOf(await send(hark, service, { rows: objects, csv: undefined }), 400);
  const rows = [...objects, { "phone number": "07900900125", name: "Zoe" }];
  await bodyOf(await send(hark, service, { rows }), 201);
  await hark.settle();
  assert.equal((await hark.sent()).length, 4);
});

Deno.test("POST /v2/notifications/bulk: a job with scheduled_for waits for its time", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const call = (at: number) => {
    const body = bulkOf(service, { scheduled_for: new Date(at).toISOString(), reply_to_id: null });
    return callAt(hark, clock, service.keys.live, "POST", BULK, body);
  };
  const { data } = await bodyOf(await call(NOON + HOUR), 201);
  assert.equal(data.job_status, "scheduled");
  assert.equal(data.scheduled_for, new Date(NOON + HOUR).toISOString().replace("Z", "000Z"));
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
  clock.advance(HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
  const error = "ValidationError";
  const now = clock.now();
  await assertError(
    await call(now - 1),
    400,
    error,
    "scheduled_for datetime can not be in the past",
  );
  await bodyOf(await call(now + MAX_DAYS_AHEAD * DAY), 201);
  await assertError(
    await call(now + MAX_DAYS_AHEAD * DAY + 1),
    400,
    error,
    `scheduled_for datetime can only be ${MAX_DAYS_AHEAD} days in the future`,
  );
});

Deno.test("POST /v2/notifications/bulk: a replay after its scheduled time gets its job", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const at = new Date(NOON + HOUR).toISOString();
  const call = (key: string, rest = {}) =>
    callAt(
      hark,
      clock,
      service.keys.live,
      "POST",
      BULK,
      bulkOf(service, { scheduled_for: at, ...rest }),
      {
        "idempotency-key": key,
      },
    );
  const { data } = await bodyOf(await call("one"), 201);
  clock.advance(2 * HOUR);
  await hark.settle();
  const again = await call("one");
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal((await bodyOf(again, 201)).data.id, data.id);
  assert.equal((await call("one", { name: "Other" })).status, 422);
  assert.equal((await call("two")).status, 400);
  assert.equal(await countOf(hark, "jobs"), 1);
});

Deno.test("POST /v2/notifications/bulk: accepts valid_until and urgent as single sends do, and reports them", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const quiet_hours = { start: "11:00", end: "14:00" };
  const service = await newServiceWithTemplates(hark, { quiet_hours, time_zone: "UTC" });
  const iso = (at: number) => new Date(at).toISOString();
  const call = (fields: Readonly<Record<string, unknown>>, headers = {}) =>
    callAt(hark, clock, service.keys.live, "POST", BULK, bulkOf(service, fields), headers);
  const last = NOON + MAX_DAYS_VALID * DAY;
  const refused: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ valid_until: iso(last + 1) }, "valid_until datetime can only be 60 days in the future"],
    [{ valid_until: iso(NOON - 1) }, "valid_until datetime can not be in the past"],
    [{ valid_until: 7 }, "valid_until 7 is not of type string, null"],
    [
      { scheduled_for: iso(NOON + 1), valid_until: iso(NOON + 1) },
      "valid_until datetime must be after scheduled_for",
    ],
    [{ urgent: "true" }, "urgent true is not of type boolean, null"],
  ];
  for (const [fields, message] of refused) {
    await assertError(await call(fields), 400, "ValidationError", message, message);
  }
  assert.equal(await countOf(hark, "jobs"), 0);
  await bodyOf(await call({ valid_until: iso(last), scheduled_for: iso(NOON + 5 * DAY) }), 201);
  await bodyOf(
    await call({ valid_until: null, urgent: null, scheduled_for: iso(NOON + DAY) }),
    201,
  );

  const times = { scheduled_for: iso(NOON + 1), valid_until: iso(NOON + 2) };
  await bodyOf(await call(times), 201);
  const key = { "idempotency-key": "one" };
  const options = { valid_until: iso(NOON + HOUR), urgent: true };
  const { data } = await bodyOf(await call(options, key), 201);
  assert.equal(data.valid_until, iso(NOON + HOUR).replace("Z", "000Z"));
  assert.equal(data.urgent, true);
  const { data: held } = await bodyOf(await call({ valid_until: iso(NOON + HOUR) }), 201);
  assert.equal("urgent" in held, false);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2, "only the urgent message was sent");
  clock.advance(2 * HOUR);
  await hark.settle();
  const path = `/manage/services/${service.id}/jobs/${held.id}`;
  assert.deepEqual((await bodyOf(await hark.manage("GET", path), 200)).counts, { expired: 2 });
  assert.equal((await hark.sent()).length, 2);

  // A retry after its scheduled time is a replay; a request with another condition is not.
  const again = await call(options, key);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal((await bodyOf(again, 201)).data.id, data.id);
  for (const other of [{ ...options, urgent: false }, { urgent: true }]) {
    assert.equal((await call(other, key)).status, 422);
  }
});

Deno.test("POST /v2/notifications/bulk: sends from the sender that it names", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `/manage/services/${service.id}/sms_senders`;
  const { id } = await bodyOf(await hark.manage("POST", path, { sms_sender: "BOROUGH" }), 201);
  const { data } = await bodyOf(await send(hark, service, { reply_to_id: id }), 201);
  assert.equal(data.sender_id, id);
  await hark.settle();
  assert.equal((await hark.sent())[0]?.from, "BOROUGH");
  await assertError(
    await send(hark, service, { reply_to_id: NO_ID }),
    400,
    "BadRequestError",
    `sms_sender_id ${NO_ID} does not exist in database for service id ${service.id}`,
  );
});

Deno.test("POST /v2/notifications/bulk: reports the errors, and stores nothing", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const archived = await hark.newTemplate(service.id);
  await bodyOf(
    await hark.manage("DELETE", `/manage/services/${service.id}/templates/${archived}`),
    204,
  );
  const either = "You should specify either rows or csv";
  const [header, ann, bob] = ROWS;
  const bad: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ rows: undefined }, either],
    [{ csv: "phone number,name\n07900900123,Ann" }, either],
    [{ rows: undefined, csv: "" }, either],
    [{ template_id: NO_ID }, "Template not found"],
    [{ template_id: other.sms }, "Template not found"],
    [{ template_id: archived }, "Template has been deleted"],
    [{ rows: [["name", "x"], ann] }, "Missing column headers: phone number"],
    [{ rows: [["x", "y"], ann] }, "Missing column headers: name, phone number"],
    [
      { rows: [["phone number", "Phone_Number", "name"], ann] },
      "Duplicate column headers: Phone_Number, phone number",
    ],
    [
      { rows: [header, ["1", "a"], ann, ["07900900125", ""], ["", ""]] },
      "Some rows have errors. Row 2 - `phone number`: invalid recipient. " +
      "Row 4 - `name`: Missing. Row 5 - The row is empty.",
    ],
    [
      { rows: [header, ["07900900123", "x".repeat(919)]] },
      "Some rows have errors. Row 2 - Message is too long.",
    ],
    [
      { rows: [header, [[], "x"]] },
      "Error converting to CSV: The value in row 2, column 1 must be a text, a number, " +
      "true, false or null",
    ],
    [
      { rows: undefined, csv: "%PDF-1.7" },
      "Error converting to CSV: This is a PDF, not a spreadsheet",
    ],
    [
      { rows: undefined, csv: "phone number,name\n" + "1,x\n".repeat(CSV_MAX_ROWS + 1) },
      `Too many rows. Maximum number of rows allowed is ${CSV_MAX_ROWS}`,
    ],
  ];
  for (const [fields, message] of bad) {
    const label = JSON.stringify(fields).slice(0, 200);
    await assertError(await send(hark, service, fields), 400, "BadRequestError", message, label);
  }
  const invalid: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ name: undefined }, "name is a required property"],
    [{ template_id: undefined }, "template_id is a required property"],
    [{ template_id: "x" }, "template_id is not a valid UUID"],
    [{ reply_to_id: "x" }, "reply_to_id is not a valid UUID"],
    [{ name: 7 }, "name 7 is not of type string"],
    [{ rows: [header] }, "rows [[phone number, name]] is too short"],
    [{ rows: "x" }, "rows x is not of type array"],
    [{ rows: Array.from({ length: CSV_MAX_ROWS + 2 }, () => bob) }, "rows is too long"],
    [{ csv: 1 }, "csv 1 is not of type string"],
    [{ extra: 1 }, "Additional properties are not allowed (extra was unexpected)"],
  ];
  for (const [fields, message] of invalid) {
    const answer = await send(hark, service, fields);
    await assertError(answer, 400, "ValidationError", message, message);
  }
  const long = "x".repeat(MAX_JOB_NAME + 1);
  const tooLong = await bodyOf(await send(hark, service, { name: long }), 400);
  assert.equal(tooLong.errors[0].message, `name ${long} is too long`);
  await bodyOf(await send(hark, service, { name: long.slice(1), rows: [header, ann] }), 201);
  assert.equal(await countOf(hark, "jobs"), 1);
  assert.equal(await countOf(hark, "job_parts"), 1);
  assert(!JSON.stringify(await hark.log()).includes("0790090012"));
});

Deno.test("POST /v2/notifications/bulk: restricts team keys and trial services to the guest list", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 1 } });
  const trial = await newServiceWithTemplates(hark, { mode: "trial" });
  const [header, ann] = ROWS;
  await assertError(
    await send(hark, service, { rows: [header, ann] }, "team"),
    400,
    "BadRequestError",
    "You cannot send to these recipients because you used a team and safelist API key.",
  );
  await assertError(
    await send(hark, trial),
    400,
    "BadRequestError",
    "You cannot send to these recipients because your service is in trial mode. " +
      "You can only send to members of your team and your safelist.",
  );
  const guests = { email_addresses: [], phone_numbers: ["07900900123"] };
  const path = `/manage/services/${service.id}/guests`;
  await bodyOf(await hark.manage("PUT", path, guests), 200);
  const team = await bodyOf(await send(hark, service, { rows: [header, ann] }, "team"), 201);
  assert.equal(team.data.api_key.key_type, "team");
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
  await assertError(
    await send(hark, service),
    400,
    "BadRequestError",
    "You only have 0 remaining messages before you reach your daily limit. " +
      "You've tried to send 2 messages.",
  );
  const test = await bodyOf(await send(hark, service, {}, "test"), 201);
  assert.equal(test.data.api_key.key_type, "test");
  await hark.settle();
  assert.equal((await hark.sent()).length, 1, "a test key's messages are not delivered");
});

Deno.test("POST /v2/notifications/bulk: creates one job for an Idempotency-Key", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const call = (fields = {}, key = service.keys.live) =>
    hark.as(key, "POST", BULK, bulkOf(service, fields), { "idempotency-key": "one" });
  const { data } = await bodyOf(await call(), 201);
  const again = await call();
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal((await bodyOf(again, 201)).data.id, data.id);
  const reused = "Idempotency-Key was used before with another request; use a new key for a new " +
    "request";
  await assertError(await call({ name: "x" }), 422, "IdempotencyError", reused);
  await assertError(await call({ rows: ROWS.slice(0, 2) }), 422, "IdempotencyError", reused);
  await assertError(await call({}, service.keys.test), 422, "IdempotencyError", reused);
  assert.equal(await countOf(hark, "jobs"), 1);
});

test.inside("POST /v2/notifications/bulk: reads a body after authentication only, and 20 MB at most", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const post = async (key: string | undefined, body: BodyInit, headers = {}) => {
    const authorization = key === undefined ? "" : `Bearer ${await issueRequestToken(key)}`;
    return await hark.request(BULK, {
      method: "POST",
      body,
      headers: { authorization, ...headers },
    });
  };
  let read = 0;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        read += 1_000_000;
        controller.enqueue(new Uint8Array(1_000_000).fill(32));
      },
    }, { highWaterMark: 0 });
  const stranger = `x-${service.id}-${NO_ID}`;
  for (const [key, status] of [[undefined, 401], [stranger, 403]] as const) {
    await bodyOf(await post(key, endless()), status);
    assert.equal(read, 0, "the caller is not authenticated");
  }
  const message = "The request is larger than 20 MB";
  const error = "RequestEntityTooLarge";
  const announced = { "content-length": String(JSON_ROWS_MAX_BYTES + 1) };
  await assertError(await post(service.keys.live, endless(), announced), 413, error, message);
  assert.equal(read, 0);
  await assertError(await post(service.keys.live, endless()), 413, error, message);
  assert(read <= JSON_ROWS_MAX_BYTES + 2_000_000);
  const rows = [
    ROWS[0],
    ...Array.from({ length: 8_000 }, (_, at) => [
      `07901${100_000 + at}`,
      "x".repeat(800),
    ]),
  ];
  const large = JSON.stringify(bulkOf(service, { rows, scheduled_for: null }));
  assert(large.length > 6_000_000);
  await bodyOf(await post(service.keys.live, large), 201);
  const notJson = "Invalid JSON supplied in POST data";
  await assertError(await post(service.keys.live, "{"), 400, "BadRequestError", notJson);
  await bodyOf(await hark.as(service.keys.live, "PUT", BULK), 405);
});

Deno.test("POST /v2/notifications/bulk: refuses a revoked key", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await bodyOf(await send(hark, service), 201);
  const keys = `/manage/services/${service.id}/keys`;
  for (const { id } of (await bodyOf(await hark.manage("GET", keys), 200)).keys) {
    await bodyOf(await hark.manage("DELETE", `${keys}/${id}`), 200);
  }
  await bodyOf(await send(hark, service), 403);
  assert.equal(await countOf(hark, "jobs"), 1);
});

Deno.test("POST /v2/notifications/bulk: consumes one request from the rate limit, also for a refused body", async () => {
  for (const fields of [{}, { rows: [] }]) {
    const clock = movableClock();
    await using hark = await startTestApplication({ clock });
    const service = await newServiceWithTemplates(hark, { rate_limit_per_minute: 3 });
    const call = (body: unknown) => callAt(hark, clock, service.keys.live, "POST", BULK, body);
    await bodyOf(await call(bulkOf(service, fields)), "rows" in fields ? 400 : 201);
    const over = await bodyOf(await call(bulkOf(service)), 429);
    assert.equal(over.errors[0].error, "RateLimitError");
    clock.advance(20_000);
    await bodyOf(await call(bulkOf(service)), 201);
  }
});

Deno.test("POST /v2/notifications/bulk: a replay over the rate limit gets its job", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const call = (key: string, fields = {}) =>
    hark.as(service.keys.live, "POST", BULK, bulkOf(service, fields), { "idempotency-key": key });
  const { data } = await bodyOf(await call("one"), 201);
  const path = `/manage/services/${service.id}`;
  await bodyOf(await hark.manage("PATCH", path, { rate_limit_per_minute: 0 }), 200);
  const again = await call("one");
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal((await bodyOf(again, 201)).data.id, data.id);
  await bodyOf(await call("one", { name: "Other" }), 429);
  await bodyOf(await call("two"), 429);
  await bodyOf(await call(""), 429);
  assert.equal(await countOf(hark, "jobs"), 1);
});

Deno.test("POST /v2/notifications/bulk: warns about the same rows within a day, and accepts them", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const first = await bodyOf(await send(hark, service), 201);
  assert.deepEqual(Object.keys(first), ["data"]);
  const second = await bodyOf(await send(hark, service), 201);
  assert.deepEqual(
    second.warnings.map(({ code, job_id }: Record<string, string>) => [code, job_id]),
    [
      ["same-file", first.data.id],
    ],
  );
});
