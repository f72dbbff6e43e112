/** Lists whose columns are matched by the request, whose bad rows are left out, and that are paused by hand. */
import assert from "node:assert/strict";
import { START_DELAY_MS } from "../../../domain/jobs/list_draft.ts";
import { MAX_MATCHED_COLUMNS } from "../../../domain/jobs/list_columns.ts";
import { startTestApplication } from "../../support/application.ts";
import { bodyOf, newServiceWithTemplates } from "../support.ts";
import { assertNothingKept, csvOf, jobsOf, newJob, placesOf, upload } from "./jobs_support.ts";

const LIST = "Mobile,First name\n07900900101,Ann\n07900900102,Bob\n";
const COLUMNS = JSON.stringify({ "phone number": "mobile", name: "First name" });

Deno.test("POST …/jobs?columns=: takes each placeholder from the column that it names", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await bodyOf(await upload(hark, service, LIST), 422);
  const job = await bodyOf(await upload(hark, service, LIST, { columns: COLUMNS }), 201);
  assert.equal(job.rows, 2);
  await hark.settle();
  assert.match((await hark.sent())[0]?.text ?? "", /Hi (Ann|Bob)/);
  // A heading that names a placeholder and does not stand for it is not used.
  const both = "phone number,other,name\n07900900101,Ann,x\n";
  const query = { columns: JSON.stringify({ name: "other" }), dry_run: "true" };
  const report = await bodyOf(await upload(hark, service, both, query), 200);
  assert.match(report.samples[0].body, /Ann/);
  // A heading may stand for several names, that of the recipient among them.
  const shared = await bodyOf(
    await upload(hark, service, LIST, {
      columns: JSON.stringify({ name: "Mobile", "phone number": "Mobile" }),
      dry_run: "true",
    }),
    200,
  );
  assert.match(shared.samples[0].body, /Hi 07900900101/);
  assert.deepEqual(shared.unknown_columns, ["First name"]);
});

Deno.test("POST …/jobs?columns=: 400 for columns that the list does not have, and for a value that is not an object of names", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const messageOf = async (columns: string) => {
    const answer = await bodyOf(await upload(hark, service, LIST, { columns }), 400);
    assert.equal(answer.errors[0].field, "columns");
    return answer.errors[0].message;
  };
  assert.match(await messageOf('{"name":"Surname"}'), /no column ‘Surname’ for ‘name’/);
  const many = (count: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, "x"])));
  for (const bad of ["", "[]", "name", '{"name":1}', '{"":"x"}', many(MAX_MATCHED_COLUMNS + 1)]) {
    assert.match(await messageOf(bad), /must be a JSON object/, bad);
  }
  assert.match(await messageOf(many(MAX_MATCHED_COLUMNS)), /no column ‘x’/);
  await assertNothingKept(hark);
});

Deno.test("POST …/jobs?skip_bad_rows=true: sends the good rows, counts the others, and refuses a list without a good row", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const list = `${csvOf(["Ann", "Bob"])}12,Zoe\n07900900102,\n07900900101,Ann\n`;
  const query = { skip_bad_rows: "true" };
  const report = await bodyOf(
    await upload(hark, service, list, { ...query, dry_run: "true" }),
    200,
  );
  assert.deepEqual([report.rows, report.bad_rows, report.fragments.total], [5, 3, 2]);
  assert.deepEqual(placesOf(report).map(([row, , code]) => [row, code]), [
    [4, "too_short"],
    [5, "missing"],
    [6, "duplicate_recipient"],
  ]);
  const job = await bodyOf(await upload(hark, service, list, query), 201);
  assert.deepEqual([job.rows, job.left_out], [2, 3]);
  await hark.settle();
  assert.equal((await hark.sent()).length, 2);
  const none = await bodyOf(await upload(hark, service, "phone number,name\n1,Ann\n", query), 422);
  assert.equal(none.bad_rows, 1);
  const missing = await bodyOf(await upload(hark, service, "phone number\n1\n", query), 422);
  assert.deepEqual(missing.missing_columns, ["name"]);
});

Deno.test("POST …/jobs?skip_bad_rows=true: leaves out recipients to whom the service may not send", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `/manage/services/${service.id}/suppressions`;
  await bodyOf(
    await hark.manage("POST", path, { channel: "sms", recipient: "07900900101", reason: "asked" }),
    201,
  );
  const query = { skip_bad_rows: "true" };
  const job = await bodyOf(await upload(hark, service, csvOf(["Ann", "Bob"]), query), 201);
  assert.deepEqual([job.rows, job.left_out], [1, 1]);
});

Deno.test("POST …/jobs: options of columns, bad rows and pauses are compared with those of an earlier request", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const headers = { "content-type": "text/csv", "Idempotency-Key": "one" };
  const query = { columns: COLUMNS, skip_bad_rows: "true", pause_at_failures: "5" };
  const job = await bodyOf(await upload(hark, service, LIST, query, headers), 201);
  assert.equal(job.pause_at_failures, 5);
  const again = await bodyOf(await upload(hark, service, LIST, query, headers), 201);
  assert.equal(again.id, job.id);
  for (
    const other of [
      { ...query, pause_at_failures: "6" },
      { columns: COLUMNS, skip_bad_rows: "true" },
      { ...query, skip_bad_rows: "false" },
      { ...query, columns: JSON.stringify({ name: "First name", "phone number": "Mobile" }) },
    ]
  ) {
    await bodyOf(await upload(hark, service, LIST, other, headers), 422);
  }
});

Deno.test("POST …/jobs?pause_at_failures=: takes whole percents, and the service's setting without it", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark, { pause_at_failures: 7 });
  for (const share of ["0", "100"]) {
    const job = await newJob(hark, service, ["Ann"], { pause_at_failures: share });
    assert.equal(job.pause_at_failures, Number(share));
  }
  assert.equal((await newJob(hark, service)).pause_at_failures, 7);
  for (const share of ["-1", "101", "5.5", "x", ""]) {
    const answer = await bodyOf(
      await upload(hark, service, csvOf(["Ann"]), { pause_at_failures: share }),
      400,
    );
    assert.equal(answer.errors[0].field, "pause_at_failures", share);
  }
  for (const pause_at_failures of [-1, 101, 0.5, null]) {
    const path = `/manage/services/${service.id}`;
    const answer = await bodyOf(await hark.manage("PATCH", path, { pause_at_failures }), 400);
    assert.equal(answer.errors[0].field, "pause_at_failures");
  }
});

Deno.test("POST …/jobs/{job_id}/pause and resume: nothing is sent in between, and both can be repeated", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const at = new Date(Date.now() + START_DELAY_MS).toISOString();
  const job = await newJob(hark, service, ["Ann"], { scheduled_for: at });
  const path = `${jobsOf(service)}/${job.id}`;
  for (let time = 0; time < 2; time++) {
    const paused = await bodyOf(await hark.manage("POST", `${path}/pause`), 200);
    assert.deepEqual([paused.status, paused.paused_by], ["paused", "person"]);
  }
  const resumed = await bodyOf(await hark.manage("POST", `${path}/resume`), 200);
  assert.deepEqual([resumed.status, resumed.paused_by], ["scheduled", null]);
  const answer = await bodyOf(await hark.manage("POST", `${path}/resume`), 409);
  assert.match(answer.detail, /its status is ‘scheduled’/);
  await bodyOf(await hark.manage("POST", `${path}/pause`), 200);
  assert.equal(
    (await bodyOf(await hark.manage("POST", `${path}/cancel`), 200)).status,
    "cancelled",
  );
  await bodyOf(await hark.manage("POST", `${path}/pause`), 409);
  await bodyOf(await hark.manage("POST", `${jobsOf(service)}/${service.sms}/pause`), 404);
});
