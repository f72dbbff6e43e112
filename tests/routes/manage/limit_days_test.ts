import assert from "node:assert/strict";
import { bodyOf, callAt, DAY, HOUR, NOON } from "../support.ts";
import { iso, type LimitedService, startLimited } from "../limit_days_support.ts";
import { csvOf, jobsOf, newJob, placesOf, upload } from "./jobs_support.ts";

const tomorrow = { scheduled_for: iso(NOON + DAY) };
const THREE = ["Ann", "Bob", "Cy"];
const TOMORROW = "(sms: 3) for 2031-05-15";

const post = async ({ hark, service }: LimitedService, id: string, verb: "cancel" | "start") =>
  await hark.manage("POST", `${jobsOf(service)}/${id}/${verb}`);

/** Asserts that an upload is refused because of the daily limit. @returns the message of its error */
async function refusesList(
  { hark, service }: LimitedService,
  query: Readonly<Record<string, string>> = {},
  names = THREE,
): Promise<string> {
  const report = await bodyOf(await upload(hark, service, csvOf(names), query), 422);
  assert.deepEqual(placesOf(report), [[null, null, "over_daily_limit"]]);
  return report.errors[0].message;
}

Deno.test("POST …/jobs: a job for tomorrow uses tomorrow's limit, and gives it back when it is cancelled", async () => {
  await using limited = await startLimited();
  const { hark, service, send, refuses, counters } = limited;
  const job = await newJob(hark, service, THREE, tomorrow);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 3 });
  await send();
  for (let sent = 0; sent < 3; sent++) await refuses(TOMORROW, tomorrow);
  assert.equal(
    await refusesList(limited, tomorrow),
    "The list has 3 rows, and 0 messages can still be sent on 2031-05-15",
  );
  await bodyOf(await post(limited, job.id, "cancel"), 200);
  await bodyOf(await post(limited, job.id, "cancel"), 409);
  assert.deepEqual(await counters(), { "day:2031-05-14:sms": 1 });
  for (let sent = 0; sent < 3; sent++) await send(tomorrow);
  await refuses(TOMORROW, tomorrow);
});

Deno.test("POST …/jobs: the rows of a job were charged with it, whenever they are accepted", async () => {
  await using limited = await startLimited({ time_zone: "Europe/Kyiv" });
  const { hark, service, clock, refuses, counters, keepsPast } = limited;
  await newJob(hark, service, THREE, tomorrow);
  const charged = { "day:2031-05-15:sms": 3 };
  assert.deepEqual(await counters(), charged);
  await hark.settle();
  // A worker that comes late accepts the rows of a day that is over.
  clock.advance(2 * DAY);
  await hark.settle();
  assert.equal((await hark.sent()).length, 3);
  await keepsPast(charged);
  for (let sent = 0; sent < 3; sent++) await limited.send();
  await refuses("(sms: 3) for today");
});

Deno.test("POST …/jobs: a job of today is charged when it is created", async () => {
  await using limited = await startLimited();
  const { hark, service, refuses, counters } = limited;
  await newJob(hark, service, THREE);
  await refuses("(sms: 3) for today");
  await refusesList(limited, {}, ["Ann"]);
  await hark.settle();
  assert.equal((await hark.sent()).length, 3);
  assert.deepEqual(await counters(), { "day:2031-05-14:sms": 3 });
});

Deno.test("POST …/jobs: accepts exactly the limit when lists and messages come at once", async () => {
  await using limited = await startLimited({ daily_limits: { sms: 10 } });
  const { hark, service, text, counters } = limited;
  const answers = await Promise.all(
    Array.from(
      { length: 24 },
      (_, at) =>
        at % 2 === 0
          ? upload(hark, service, csvOf(THREE), { ...tomorrow, name: `List ${at}` })
          : text(tomorrow),
    ),
  );
  const used = answers.map(({ status }, at) => status === 201 ? at % 2 === 0 ? 3 : 1 : 0)
    .reduce((sum: number, cost) => sum + cost, 0);
  for (const { status } of answers) assert.ok([201, 422, 429].includes(status), String(status));
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  assert.equal(used, 10);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 10 });
});

Deno.test("POST …/jobs: lists of text messages abroad use both limits, and give both back", async () => {
  await using limited = await startLimited({ daily_limits: { sms: 9, international_sms: 2 } });
  const { hark, service, counters, clock } = limited;
  const list = "phone number,name\n+33612345678,A\n07900900100,B\n+33612345679,C\n";
  const job = await bodyOf(await upload(hark, service, list, tomorrow), 201);
  const charged = { "day:2031-05-15:international_sms": 2, "day:2031-05-15:sms": 3 };
  assert.deepEqual(await counters(), charged);
  const report = await bodyOf(await upload(hark, service, list, tomorrow), 422);
  assert.deepEqual(placesOf(report), [[null, null, "over_international_limit"]]);
  await bodyOf(await post(limited, job.id, "cancel"), 200);
  assert.deepEqual(await counters(), {});
  await bodyOf(await upload(hark, service, list, tomorrow), 201);
  clock.advance(DAY);
  await hark.settle();
  assert.equal((await hark.sent()).length, 3);
  assert.deepEqual(await counters(), charged);
});

Deno.test("POST …/jobs: rows that the service's new country makes foreign or domestic are counted as what they are", async () => {
  await using limited = await startLimited({ daily_limits: { sms: 9 } });
  const { hark, service, counters, change, clock } = limited;
  const list = "phone number,name\n+33612345678,A\n+447900900100,B\n";
  await bodyOf(await upload(hark, service, list, tomorrow), 201);
  await change({ country: "FR" });
  clock.advance(DAY);
  await hark.settle();
  const texts = await hark.db.read(["SELECT sum(international) AS n FROM notifications"]);
  const abroad = Number(texts[0]?.rows[0]?.n);
  const expected = abroad === 0 ? {} : { "day:2031-05-15:international_sms": abroad };
  assert.deepEqual(await counters(), { ...expected, "day:2031-05-15:sms": 2 });
});

Deno.test("POST …/jobs: rows of test recipients are given back when the job has ended", async () => {
  await using limited = await startLimited();
  const { hark, service, counters } = limited;
  const list = "phone number,name\n07700900000,A\n07900900100,B\n";
  await bodyOf(await upload(hark, service, list), 201);
  assert.deepEqual(await counters(), { "day:2031-05-14:sms": 2 });
  await hark.settle();
  assert.deepEqual(await counters(), { "day:2031-05-14:sms": 1 });
});

Deno.test("POST …/jobs: a test key's job and a dry run are charged nothing", async () => {
  await using limited = await startLimited();
  const { hark, service, clock, counters } = limited;
  const rows = [["phone number", "name"], ...THREE.map((name, at) => [`0790090010${at}`, name])];
  const bulk = { name: "List", template_id: service.sms, rows };
  const { test } = service.keys;
  const path = "/v2/notifications/bulk";
  await bodyOf(await callAt(hark, clock, test, "POST", path, bulk), 201);
  await bodyOf(await upload(hark, service, csvOf(THREE), { dry_run: "true" }), 200);
  await hark.settle();
  assert.deepEqual(await counters(), {});
});

Deno.test("POST …/jobs/{job_id}/start: charges the job when it is started, to that day", async () => {
  await using limited = await startLimited();
  const { hark, service, send, counters, clock } = limited;
  const job = await newJob(hark, service, THREE, { start: "false" });
  const other = await newJob(hark, service, ["Dee", "Eve"], { start: "false" });
  assert.deepEqual(await counters(), {});
  clock.advance(DAY);
  await send();
  const refused = await post(limited, job.id, "start");
  assert.equal(refused.headers.get("retry-after"), String(12 * 3_600));
  const { detail } = await bodyOf(refused, 429);
  assert.equal(detail, "Exceeded send limits (sms: 3) for today");
  assert.equal((await bodyOf(await post(limited, other.id, "start"), 200)).status, "pending");
  await bodyOf(await post(limited, other.id, "start"), 409);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 3 });
  clock.advance(12 * HOUR);
  await bodyOf(await post(limited, job.id, "start"), 200);
  await hark.settle();
  assert.equal((await hark.sent()).length, 6);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 3, "day:2031-05-16:sms": 3 });
});

Deno.test("POST …/jobs/{job_id}/start: a scheduled job is charged to its day, and the refusal names it", async () => {
  await using limited = await startLimited();
  const { hark, service, send, refuses } = limited;
  const job = await newJob(hark, service, THREE, { start: "false", ...tomorrow });
  await send(tomorrow);
  const { detail } = await bodyOf(await post(limited, job.id, "start"), 429);
  assert.equal(detail, `Exceeded send limits ${TOMORROW}`);
  await limited.change({ daily_limits: { sms: 4 } });
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => post(limited, job.id, "start")),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409]);
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  await refuses("(sms: 4) for 2031-05-15", tomorrow);
});

Deno.test("POST …/jobs/{job_id}/cancel: rows that were accepted and not sent are given back when they end", async () => {
  const quiet_hours = { start: "11:00", end: "18:00" };
  await using limited = await startLimited({ quiet_hours });
  const { hark, service, counters, clock } = limited;
  const job = await newJob(hark, service, THREE);
  await hark.settle();
  await bodyOf(await post(limited, job.id, "cancel"), 200);
  assert.deepEqual(await counters(), { "day:2031-05-14:sms": 3 });
  clock.advance(6 * HOUR);
  await hark.settle();
  assert.equal((await hark.sent()).length, 0);
  assert.deepEqual(await counters(), {});
});

Deno.test("POST …/jobs: a job that ends with an error gives back what is left of it", async () => {
  await using limited = await startLimited();
  const { hark, service, counters, clock } = limited;
  await newJob(hark, service, THREE, tomorrow);
  const template = `/manage/services/${service.id}/templates/${service.sms}`;
  await bodyOf(await hark.manage("DELETE", template), 204);
  clock.advance(DAY);
  await hark.settle();
  assert.deepEqual(await counters(), {});
});

Deno.test("POST /v2/notifications/bulk: counts for its day", async () => {
  await using limited = await startLimited();
  const { service, call, counters, refuses } = limited;
  const rows = [["phone number", "name"], ["07900900100", "A"], ["07900900101", "B"]];
  const bulk = { name: "List", template_id: service.sms, rows, ...tomorrow };
  await bodyOf(await call("POST", "/v2/notifications/bulk", bulk), 201);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 2 });
  const { errors } = await bodyOf(await call("POST", "/v2/notifications/bulk", bulk), 400);
  assert.match(
    errors[0].message,
    /^You only have 1 remaining messages before you reach your daily limit for 2031-05-15\. /,
  );
  await limited.send(tomorrow);
  await refuses(TOMORROW, tomorrow);
});
