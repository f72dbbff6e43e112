import assert from "node:assert/strict";
import { MAX_CHUNK_ROWS } from "../../../domain/jobs/job.ts";
import { MAX_DAYS_VALID } from "../../../domain/notify_v2/fields.ts";
import { JOBS_PAGE } from "../../../routes/manage/jobs.ts";
import { MAX_DAYS_AHEAD } from "../../../domain/sending/schedule.ts";
import { startTestApplication } from "../../support/application.ts";
import {
  bodyOf,
  countOf,
  DAY,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  NO_ID,
  NOON,
  UUID,
} from "../support.ts";
import { assertNothingKept, csvOf, jobsOf, newJob, placesOf, upload } from "./jobs_support.ts";

const iso = (at: number) => new Date(at).toISOString();

Deno.test("POST …/jobs: creates a job, which sends its rows", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const { warnings, ...job } = await bodyOf(
    await upload(hark, service, csvOf(["Ann", "Bob"]), { name: "March", file_name: "march.csv" }),
    201,
  );
  assert.match(job.id, UUID);
  assert.deepEqual(warnings, []);
  assert.deepEqual(job, {
    encoding: "utf-8",
    sample: [],
    id: job.id,
    name: "March",
    status: "pending",
    error: null,
    template_id: service.sms,
    template_version: 1,
    channel: "sms",
    key_kind: "live",
    sender_id: null,
    original_file_name: "march.csv",
    rows: 2,
    left_out: 0,
    pause_at_failures: 20,
    paused_by: null,
    counts: {},
    scheduled_for: null,
    valid_until: null,
    urgent: false,
    created_at: iso(NOON),
    started_at: null,
    finished_at: null,
  });
  await hark.settle();
  const path = `${jobsOf(service)}/${job.id}`;
  assert.deepEqual(await bodyOf(await hark.manage("GET", path), 200), {
    ...job,
    warnings,
    status: "finished",
    counts: { delivered: 2 },
    started_at: iso(NOON),
    finished_at: iso(NOON),
  });
  const texts = (await hark.sent()).map(({ text }) => text).sort();
  assert.deepEqual(texts, ["Test service: Hi Ann", "Test service: Hi Bob"]);
});

Deno.test("POST …/jobs: creates the same job from a file, a form and JSON", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const file = csvOf(["Ann", "Bob"]);
  const form = new FormData();
  form.append("file", new File([file], "C:\\lists\\march.csv", { type: "text/csv" }));
  const json = { "content-type": "application/json" };
  const cases: readonly (readonly [string, BodyInit, Record<string, string>, string | null])[] = [
    ["text/csv", file, { "content-type": "text/csv; charset=utf-8" }, null],
    ["tabs", file.replaceAll(",", "\t"), { "content-type": "text/tab-separated-values" }, null],
    ["no type that says anything", file, { "content-type": "application/octet-stream" }, null],
    ["what curl says", file, { "content-type": "application/x-www-form-urlencoded" }, null],
    ["a form", form, {}, "march.csv"],
    [
      "rows",
      JSON.stringify({ rows: file.trim().split("\n").map((line) => line.split(",")) }),
      json,
      null,
    ],
    [
      "objects",
      '{"rows":[{"phone number":"07900900100","name":"Ann"},' +
      '{"name":"Bob","phone number":"07900900101"}]}',
      json,
      null,
    ],
  ];
  for (const [label, body, headers, fileName] of cases) {
    const job = await bodyOf(await upload(hark, service, body, {}, headers), 201, label);
    assert.equal(job.rows, 2, label);
    assert.equal(job.original_file_name, fileName, label);
    assert.equal(job.name, fileName ?? "Text", label);
    await hark.settle();
    const results = await hark.manage("GET", `${jobsOf(service)}/${job.id}/results.csv`);
    const lines = (await results.text()).split("\r\n").map((line) => line.split(",")[1]);
    assert.deepEqual(lines.slice(1, 3), ["07900900100", "07900900101"], label);
  }
});

Deno.test("POST …/jobs: keeps every digit of numbers in JSON", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const body = '{"rows":[["phone number","name"],[447900900123,12345678901234567890]]}';
  await bodyOf(
    await upload(hark, service, body, {}, { "content-type": "application/json" }),
    201,
  );
  await hark.settle();
  assert.equal((await hark.sent())[0]?.text, "Test service: Hi 12345678901234567890");
});

Deno.test("POST …/jobs: 422 with the report for a list with errors; stores nothing", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const good = Array.from({ length: 2 * MAX_CHUNK_ROWS }, (_, at) => `07901${100_000 + at},x`);
  const list = [
    "Phone number,name,extra",
    ...good,
    "07900900123,Ann",
    "secret,Bob",
    "07900900124,",
    "+44 7900 900123,Copy",
    "",
    "07900900125,Zoe",
  ].join("\n");
  const refused = await bodyOf(await upload(hark, service, list), 422);
  const row = good.length + 3;
  assert.equal(refused.status, 422);
  assert.equal(refused.rows, good.length + 6);
  assert.equal(refused.error_count, 4);
  assert.deepEqual(placesOf(refused), [
    [row, "Phone number", "unknown_character"],
    [row + 1, "name", "missing"],
    [row + 2, "Phone number", "duplicate_recipient"],
    [row + 3, null, "empty_row"],
  ]);
  assert.deepEqual(refused.error_counts, {
    unknown_character: 1,
    missing: 1,
    duplicate_recipient: 1,
    empty_row: 1,
  });
  assert.deepEqual(refused.unknown_columns, ["extra"]);
  assert(!JSON.stringify(refused.errors).includes("secret"));
  await assertNothingKept(hark);
  assert(!JSON.stringify(await hark.log()).includes("secret"));
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
});

Deno.test("POST …/jobs?allow_duplicates=true: sends to the same recipient twice", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const list = "phone number,name\n07900900123,Ann\n07900900123,Bob\n";
  assert.deepEqual(placesOf(await bodyOf(await upload(hark, service, list), 422)), [
    [3, "phone number", "duplicate_recipient"],
  ]);
  await bodyOf(await upload(hark, service, list, { allow_duplicates: "true" }), 201);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
});

Deno.test("POST …/jobs?dry_run=true: answers with the report only", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { sms_prefix: false });
  const names = ["Ann", "Bob", "x".repeat(158), "Zoe", ""];
  const report = await bodyOf(await upload(hark, service, csvOf(names), { dry_run: "true" }), 200);
  assert.deepEqual(report, {
    rows: 5,
    bad_rows: 1,
    cost: null,
    encoding: "utf-8",
    sample: [],
    warnings: [],
    error_count: 1,
    error_counts: { missing: 1 },
    errors: [{ row: 6, column: "name", code: "missing", message: "Missing" }],
    missing_columns: [],
    duplicate_columns: [],
    repeated_columns: [],
    unknown_columns: [],
    formatted_columns: [],
    duplicate_recipients: 0,
    international: 0,
    fragments: { total: 6, rows_by_fragments: { 1: 4, 2: 1 } },
    samples: ["Hi Ann", "Hi Bob", `Hi ${names[2]}`].map((text, at) => ({
      row: at + 2,
      subject: null,
      body: text,
      text,
      fragments: at === 2 ? 2 : 1,
    })),
  });
  await assertNothingKept(hark);
  const query = { dry_run: "true", template_id: service.email };
  const email = await bodyOf(
    await upload(hark, service, "email address,name,item\na@example.com,Ann,card", query),
    200,
  );
  assert.equal(email.fragments, null);
  assert.equal(email.samples[0].subject, "Hello Ann");
});

Deno.test("POST …/jobs: reports invalid parameters, and unknown templates and senders", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const archived = await hark.newTemplate(service.id);
  await bodyOf(
    await hark.manage("DELETE", `/manage/services/${service.id}/templates/${archived}`),
    204,
  );
  const cases: readonly (readonly [Record<string, string>, number, readonly string[]])[] = [
    [{ template_id: "" }, 400, ["template_id"]],
    [{ template_id: "x" }, 400, ["template_id"]],
    [{ template_id: NO_ID }, 404, ["template_id"]],
    [{ template_id: other.sms }, 404, ["template_id"]],
    [{ template_id: archived }, 400, ["template_id"]],
    [{ sender_id: "x" }, 400, ["sender_id"]],
    [{ sender_id: NO_ID }, 400, ["sender_id"]],
    [{ name: "" }, 400, ["name"]],
    [{ name: "x".repeat(256) }, 400, ["name"]],
    [{ name: "a\nb" }, 400, ["name"]],
    [{ file_name: "\0" }, 400, ["file_name"]],
    [{ start: "no" }, 400, ["start"]],
    [{ dry_run: "1" }, 400, ["dry_run"]],
    [{ allow_duplicates: "" }, 400, ["allow_duplicates"]],
    [{ scheduled_for: "soon" }, 400, ["scheduled_for"]],
    [{ scheduled_for: iso(NOON - 1) }, 400, ["scheduled_for"]],
    [{ scheduled_for: iso(NOON + MAX_DAYS_AHEAD * DAY + 1) }, 400, ["scheduled_for"]],
    [{ valid_until: "soon" }, 400, ["valid_until"]],
    [{ valid_until: iso(NOON - 1) }, 400, ["valid_until"]],
    [{ valid_until: iso(NOON + MAX_DAYS_VALID * DAY + 1) }, 400, ["valid_until"]],
    [{ scheduled_for: iso(NOON + 1), valid_until: iso(NOON + 1) }, 400, ["valid_until"]],
    [{ scheduled_for: iso(NOON + 2), valid_until: iso(NOON + 1) }, 400, ["valid_until"]],
    [{ urgent: "yes" }, 400, ["urgent"]],
    [{ unknown: "x", dry_run: "x" }, 400, ["dry_run", "unknown"]],
  ];
  for (const [query, status, fields] of cases) {
    const label = JSON.stringify(query);
    const { errors } = await bodyOf(
      await upload(hark, service, csvOf(["a"]), query),
      status,
      label,
    );
    assert.deepEqual(errors.map(({ field }: { field: string }) => field), fields, label);
  }
  const twice = `${jobsOf(service)}?template_id=${service.sms}&template_id=${service.sms}`;
  await bodyOf(await hark.manage("POST", twice, csvOf(["a"])), 400);
  await bodyOf(await hark.manage("POST", jobsOf(service), csvOf(["a"])), 400);
  await assertNothingKept(hark);
  for (const at of [NOON, NOON + MAX_DAYS_AHEAD * DAY]) {
    await newJob(hark, service, ["a"], { scheduled_for: iso(at) });
  }
  for (const at of [NOON, NOON + MAX_DAYS_VALID * DAY]) {
    await newJob(hark, service, ["a"], { valid_until: iso(at) });
  }
  const times = { scheduled_for: iso(NOON + 1), valid_until: iso(NOON + 2) };
  await newJob(hark, service, ["a"], times);
});

Deno.test("POST …/jobs?valid_until: sends no row after that time, and shows the time", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const job = await newJob(hark, service, ["a", "b"], {
    scheduled_for: iso(NOON + HOUR),
    valid_until: iso(NOON + 2 * HOUR).replace("Z", " 00:00"),
  });
  assert.deepEqual([job.valid_until, job.urgent], [iso(NOON + 2 * HOUR), false]);
  const sent = await newJob(hark, service, ["c"], { valid_until: iso(NOON + 1) });
  await hark.settle();
  clock.advance(2 * HOUR);
  await hark.settle();
  const countsOf = async ({ id }: { id: string }) =>
    (await bodyOf(await hark.manage("GET", `${jobsOf(service)}/${id}`), 200)).counts;
  assert.deepEqual(await countsOf(job), { expired: 2 });
  assert.deepEqual(await countsOf(sent), { delivered: 1 });
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("POST …/jobs?urgent=true: sends during quiet hours, when other jobs do not", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const quiet_hours = { start: "11:00", end: "13:00" };
  const service = await newServiceWithTemplates(hark, { quiet_hours, time_zone: "UTC" });
  const ordinary = await newJob(hark, service, ["later"], { urgent: "false" });
  const urgent = await newJob(hark, service, ["now"], { urgent: "true" });
  assert.deepEqual([ordinary.urgent, urgent.urgent], [false, true]);
  await hark.settle();
  const texts = async () => (await hark.sent()).map(({ text }) => text).toSorted();
  assert.deepEqual(await texts(), ["Test service: Hi now"]);
  clock.advance(HOUR);
  await hark.settle();
  assert.deepEqual(await texts(), ["Test service: Hi later", "Test service: Hi now"]);
});

Deno.test("POST …/jobs: 409 for an archived service, 404 for an unknown one", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await bodyOf(await upload(hark, { ...service, id: NO_ID }, csvOf(["a"])), 404);
  await bodyOf(
    await hark.manage("PATCH", `/manage/services/${service.id}`, { active: false }),
    200,
  );
  await bodyOf(await upload(hark, service, csvOf(["a"])), 409);
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs?sender_id: sends from the service's own sender of the template's channel", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `/manage/services/${service.id}/sms_senders`;
  const { id } = await bodyOf(await hark.manage("POST", path, { sms_sender: "OFFICE" }), 201);
  await newJob(hark, service, ["a"], { sender_id: id });
  await hark.settle();
  assert.equal((await hark.sent())[0]?.from, "OFFICE");
  const list = "email address,name,item\na@example.com,Ann,card";
  const query = { sender_id: id, template_id: service.email };
  await bodyOf(await upload(hark, service, list, query), 400);
});

Deno.test("POST …/jobs?scheduled_for: waits for the time, whether or not its plus sign is escaped", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const job = await newJob(hark, service, ["a"], {
    scheduled_for: iso(NOON + 3 * HOUR).replace("Z", " 02:00"),
  });
  assert.equal(job.status, "scheduled");
  assert.equal(job.scheduled_for, iso(NOON + HOUR));
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
  clock.advance(HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("POST …/jobs?start=false: waits to be started, once", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const job = await newJob(hark, service, ["a"], { start: "false" });
  assert.equal(job.status, "ready to send");
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
  const path = `${jobsOf(service)}/${job.id}/start`;
  assert.equal((await bodyOf(await hark.manage("POST", path), 200)).status, "pending");
  const again = await bodyOf(await hark.manage("POST", path), 409);
  // A Worker begins with it at once.
  assert.match(again.detail, /‘(?:pending|in progress|finished)’/);
  await hark.settle();
  assert.equal((await hark.sent()).length, 1);
});

Deno.test("POST …/cancel: cancels a job once", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const job = await newJob(hark, service, ["a"], { start: "false" });
  const path = `${jobsOf(service)}/${job.id}/cancel`;
  assert.equal((await bodyOf(await hark.manage("POST", path), 200)).status, "cancelled");
  assert.match((await bodyOf(await hark.manage("POST", path), 409)).detail, /‘cancelled’/);
  const start = `${jobsOf(service)}/${job.id}/start`;
  assert.match((await bodyOf(await hark.manage("POST", start), 409)).detail, /‘cancelled’/);
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
  const done = await newJob(hark, service, ["b"]);
  await hark.settle();
  const late = await hark.manage("POST", `${jobsOf(service)}/${done.id}/cancel`);
  assert.match((await bodyOf(late, 409)).detail, /‘finished’/);
});

Deno.test("POST …/jobs: checks a trial service's list against its guest list and the remaining daily limit", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, { mode: "trial", daily_limits: { sms: 3 } });
  const path = `/manage/services/${service.id}`;
  const refused = await bodyOf(await upload(hark, service, csvOf(["a"])), 422);
  assert.deepEqual(placesOf(refused), [[2, "phone number", "recipient_not_allowed"]]);
  await bodyOf(
    await hark.manage("PUT", `${path}/guests`, {
      email_addresses: [],
      phone_numbers: ["07900 900100", "07900900101"],
    }),
    200,
  );
  await newJob(hark, service, ["a", "b"]);
  await hark.settle();
  const over = await bodyOf(await upload(hark, service, csvOf(["c", "d"])), 422);
  assert.deepEqual(placesOf(over), [[null, null, "over_daily_limit"]]);
  // A list for tomorrow is checked against tomorrow's daily limit.
  await newJob(hark, service, ["c", "d"], { scheduled_for: iso(NOON + DAY) });
  await newJob(hark, service, ["e"]);
});

Deno.test("POST …/jobs: replays the job for a known Idempotency-Key, whatever has changed since", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, { daily_limits: { sms: 2 } });
  const headers = { "content-type": "text/csv", "idempotency-key": "one" };
  const query = { scheduled_for: iso(NOON + 1_000) };
  const send = (list = csvOf(["a", "b"]), rest = {}) =>
    upload(hark, service, list, { ...query, ...rest }, headers);
  const { warnings: _, ...job } = await bodyOf(await send(), 201);
  clock.advance(HOUR);
  await hark.settle();
  await bodyOf(
    await hark.manage("DELETE", `/manage/services/${service.id}/templates/${service.sms}`),
    204,
  );
  const again = await send();
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  const replayed = await bodyOf(again, 201);
  assert.equal(replayed.id, job.id);
  assert.deepEqual(replayed.counts, { delivered: 2 });
  await bodyOf(await send(csvOf(["a", "c"])), 422);
  await bodyOf(await send(undefined, { name: "another" }), 422);
  await bodyOf(await send(undefined, { template_id: service.email }), 422);
  assert.equal(await countOf(hark, "jobs"), 1);
  assert.equal(await countOf(hark, "job_parts"), 0);
  const bad = { ...headers, "idempotency-key": "х" };
  await assert.rejects(() => upload(hark, service, csvOf(["a"]), {}, bad));
  await bodyOf(await upload(hark, service, "x", {}, { "idempotency-key": "x".repeat(256) }), 400);
});

Deno.test("POST …/jobs: 422 for a known Idempotency-Key with any other option or list", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const senders = `/manage/services/${service.id}/sms_senders`;
  const { id: sender } = await bodyOf(
    await hark.manage("POST", senders, { sms_sender: "OFFICE" }),
    201,
  );
  const template = await hark.newTemplate(service.id);
  const options = {
    scheduled_for: iso(NOON + HOUR),
    valid_until: iso(NOON + 2 * HOUR),
    urgent: "true",
    start: "false",
    allow_duplicates: "true",
    sender_id: sender,
  };
  const send = (query: Record<string, string>, key: string, names = ["a", "b"]) =>
    upload(hark, service, csvOf(names), query, {
      "content-type": "text/csv",
      "idempotency-key": key,
    });
  const first = await bodyOf(await send(options, "all"), 201);
  const bare = await bodyOf(await send({}, "none"), 201);
  clock.advance(3 * HOUR);
  assert.equal((await bodyOf(await send(options, "all"), 201)).id, first.id);
  const defaults = { urgent: "false", start: "true", allow_duplicates: "false" };
  assert.equal((await bodyOf(await send(defaults, "none"), 201)).id, bare.id);

  const others = { ...options, scheduled_for: iso(NOON + 1), valid_until: iso(NOON + 4 * HOUR) };
  for (const [name, value] of Object.entries(options)) {
    const { [name as keyof typeof options]: _, ...rest } = options;
    const refused = await bodyOf(await send(rest, "all"), 422, name);
    assert.match(refused.detail, /^Idempotency-Key was used before with another request/);
    await bodyOf(await send({ [name]: value }, "none"), 422, name);
  }
  for (const name of ["scheduled_for", "valid_until"] as const) {
    await bodyOf(await send({ ...options, [name]: others[name] }, "all"), 422, name);
  }
  await bodyOf(await send({ ...options, template_id: template }, "all"), 422);
  await bodyOf(await send(options, "all", ["a", "c"]), 422);
  assert.equal(await countOf(hark, "jobs"), 2);
});

Deno.test("POST …/jobs: creates one job from two concurrent uploads with the same Idempotency-Key", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const headers = { "content-type": "text/csv", "idempotency-key": "one" };
  const both = await Promise.all(
    [1, 2].map(() => upload(hark, service, csvOf(["a", "b"]), {}, headers)),
  );
  const [one, other] = await Promise.all(both.map((answer) => bodyOf(answer, 201)));
  assert.equal(one.id, other.id);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
});

Deno.test("POST …/jobs: accepts the same file within a day, with a warning", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const job = await newJob(hark, service, ["a"], { start: "false" });
  clock.advance(HOUR);
  const { warnings } = await newJob(hark, service, ["a"], { name: "again", start: "false" });
  assert.deepEqual(warnings, [{
    code: "same-file",
    row: null,
    column: null,
    message: "An earlier job has the same file and template",
    job_id: job.id,
    created_at: job.created_at,
  }]);
  assert.deepEqual((await newJob(hark, service, ["b"])).warnings, []);
  clock.advance(2 * DAY);
  assert.deepEqual((await newJob(hark, service, ["a"])).warnings, []);
});

Deno.test("POST …/jobs: succeeds when the service changes meanwhile; 409 when its template does", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `/manage/services/${service.id}`;
  const [, first = "", ...rest] = csvOf(["a", "b"]).split("\n");
  /** Uploads a list whose last chunk follows when `work` is done. */
  const uploadAround = (work: () => Promise<unknown>) => {
    const pieces = [`phone number,name,${"x".repeat(2_000)}\n`, `${first}\n`, rest.join("\n")];
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) return controller.close();
        if (pieces.length === 0) await work();
        controller.enqueue(encoder.encode(piece));
      },
    }, { highWaterMark: 0 });
    return upload(hark, service, body);
  };
  const key = { name: "another", kind: "live" };
  await bodyOf(await uploadAround(() => hark.manage("POST", `${path}/keys`, key)), 201);
  await hark.settle();
  const template = { body: "Bye ((name))" };
  const change = () => hark.manage("PUT", `${path}/templates/${service.sms}`, template);
  await bodyOf(await uploadAround(change), 409);
  assert.equal(await countOf(hark, "jobs"), 1);
  assert.equal(await countOf(hark, "job_parts"), 0);
});

Deno.test("GET …/jobs: lists the service's jobs, newest first, in pages", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  assert.deepEqual(await bodyOf(await hark.manage("GET", jobsOf(service)), 200), {
    jobs: [],
    links: {},
  });
  const ids: string[] = [];
  for (let at = 0; at <= JOBS_PAGE; at++) {
    ids.unshift((await newJob(hark, service, [`n${at}`], { start: "false" })).id);
    clock.advance(1);
  }
  const foreign = await newJob(hark, other);
  const page = await bodyOf(await hark.manage("GET", jobsOf(service)), 200);
  const next = await bodyOf(await hark.manage("GET", page.links.next), 200);
  assert.deepEqual(next.links, {});
  const listed = [...page.jobs, ...next.jobs].map(({ id }: { id: string }) => id);
  assert.deepEqual(listed, ids);
  assert(!listed.includes(foreign.id));
  await bodyOf(await hark.manage("GET", `${jobsOf(service)}?older_than=x`), 400);
});

Deno.test("…/jobs/{id}: 404 for jobs of another service and unknown jobs; 401 without the token", async () => {
  await using hark = await startTestApplication();
  const [service, other] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const job = await newJob(hark, other, ["a"], { start: "false" });
  const routes = [["GET", ""], ["GET", "/results.csv"], ["POST", "/cancel"], ["POST", "/start"]];
  for (const [method = "", path] of routes) {
    for (const id of [job.id, NO_ID, "x"]) {
      await bodyOf(await hark.manage(method, `${jobsOf(service)}/${id}${path}`), 404, path);
    }
    const address = `${jobsOf(other)}/${job.id}${path}`;
    const anonymous = await hark.request(address, { method });
    await bodyOf(anonymous, 401, path);
    await bodyOf(await hark.as(other.keys.live, method, address), 401, path);
  }
  await bodyOf(await hark.request(jobsOf(other), { method: "POST", body: csvOf(["a"]) }), 401);
  const unchanged = await hark.manage("GET", `${jobsOf(other)}/${job.id}`);
  assert.equal((await bodyOf(unchanged, 200)).status, "ready to send");
});

Deno.test("GET …/results.csv: streams the result of each row, with no formula in any cell", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const rows = Array.from({ length: 501 }, (_, at) => `+447901${100_000 + at},n`);
  const list = ["phone number,name", ...rows].join("\n");
  const job = await bodyOf(await upload(hark, service, list), 201);
  const path = `${jobsOf(service)}/${job.id}/results.csv`;
  assert.equal(await (await hark.manage("GET", path)).text(), "row,recipient,status,time\r\n");
  // A pass of the loop starts as many texts as the concurrency limit allows.
  for (let pass = 0; pass < 10; pass++) await hark.settle();
  const answer = await hark.manage("GET", path);
  assert.equal(answer.headers.get("content-type"), "text/csv; charset=utf-8");
  assert.equal(
    answer.headers.get("content-disposition"),
    `attachment; filename="job-${job.id}.csv"`,
  );
  const lines = (await answer.text()).split("\r\n");
  assert.equal(lines.length, 503);
  assert.equal(lines[1], `2,'+447901100000,delivered,${iso(NOON)}`);
  assert.equal(lines[501], `502,'+447901100500,delivered,${iso(NOON)}`);
});
