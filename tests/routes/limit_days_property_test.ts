/** Counters of days under random requests that come at once, against a recount of what is stored. */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { bodyOf, callAt, countOf, DAY, HOUR, SMS_2016 } from "./support.ts";
import { iso, type LimitedService, startLimited } from "./limit_days_support.ts";
import { csvOf, jobsOf, upload } from "./manage/jobs_support.ts";
import { RUNNER } from "../support/runner.ts";

const LIMITS = { sms: 7, international_sms: 3 };
const ZONES = ["UTC", "Europe/Kyiv", "Pacific/Kiritimati", "America/Los_Angeles"] as const;

/** A request; `which` chooses one of the messages or jobs before it. */
type Step =
  | {
    readonly kind: "send";
    readonly days: number;
    readonly abroad: boolean;
    /** Whether it is valid for an hour only, which quiet hours may outlast. */
    readonly expires: boolean;
  }
  | { readonly kind: "send 2016" }
  | { readonly kind: "batch"; readonly days: number; readonly items: number }
  | {
    readonly kind: "job";
    readonly days: number;
    readonly rows: number;
    readonly waits: boolean;
  }
  | { readonly kind: "cancel" | "cancel job" | "start job"; readonly which: number }
  | { readonly kind: "zone"; readonly zone: typeof ZONES[number] };

const days = fc.integer({ min: 0, max: 2 });
const which = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("send"),
      days,
      abroad: fc.boolean(),
      expires: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("send 2016") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("batch"),
      days,
      items: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("job"),
      days,
      rows: fc.integer({ min: 1, max: 4 }),
      waits: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom("cancel", "cancel job", "start job"), which }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("zone"), zone: fc.constantFrom(...ZONES) }),
  },
);
/** Steps that come at once, and how many hours pass after them. */
const round = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  hours: fc.integer({ min: 0, max: 30 }),
});

/** What earlier steps have created. */
interface Created {
  readonly messages: string[];
  readonly jobs: string[];
}

const STATUSES = [200, 201, 404, 409, 422, 429];

async function run(limited: LimitedService, created: Created, step: Step): Promise<void> {
  const answer = await request(limited, created, step);
  const text = await answer.text();
  assert.ok(STATUSES.includes(answer.status), `${answer.status} ${text}`);
  const { id, notifications = [] } = JSON.parse(text);
  if (answer.status === 201 && step.kind === "send") created.messages.push(id);
  if (answer.status === 201 && step.kind === "job") created.jobs.push(id);
  for (const item of notifications) if (item.id !== undefined) created.messages.push(item.id);
}

/** The time of a message that is to be sent so many days ahead; none for today. */
function timeOf({ clock }: LimitedService, days: number) {
  return days === 0 ? {} : { scheduled_for: iso(clock.now() + days * DAY) };
}

async function request(
  limited: LimitedService,
  { messages, jobs }: Created,
  step: Step,
): Promise<Response> {
  const { hark, service, clock, call, text } = limited;
  switch (step.kind) {
    case "send":
      return await text({
        ...timeOf(limited, step.days),
        ...(step.abroad ? { phone_number: "+33612345678" } : {}),
        ...(step.expires ? { valid_until: iso(clock.now() + step.days * DAY + HOUR) } : {}),
      });
    case "send 2016": {
      const body = { to: "07700900123", template: service.sms, personalisation: { name: "A" } };
      return await callAt(hark, clock, service.keys.live, "POST", SMS_2016, body);
    }
    case "batch":
      return await call("POST", "/v2/notifications/batch", {
        notifications: Array.from({ length: step.items }, () => ({
          type: "sms",
          phone_number: "07700900123",
          template_id: service.sms,
          personalisation: { name: "A" },
          ...timeOf(limited, step.days),
        })),
      });
    case "job": {
      const list = `${csvOf(Array.from({ length: step.rows }, () => "A"))}+33612345678,B\n`;
      const waits = step.waits ? { start: "false" } : {};
      return await upload(hark, service, list, { ...timeOf(limited, step.days), ...waits });
    }
    case "cancel": {
      const id = messages[step.which % Math.max(messages.length, 1)] ?? crypto.randomUUID();
      return await call("POST", `/v2/notifications/${id}/cancel`);
    }
    case "cancel job":
    case "start job": {
      const id = jobs[step.which % Math.max(jobs.length, 1)] ?? crypto.randomUUID();
      const verb = step.kind === "cancel job" ? "cancel" : "start";
      return await hark.manage("POST", `${jobsOf(service)}/${id}/${verb}`);
    }
    case "zone":
      return await hark.manage("PATCH", `/manage/services/${service.id}`, {
        time_zone: step.zone,
      });
  }
}

/** Asserts that the counters are those of a recount, and within the limits. */
async function check(limited: LimitedService): Promise<void> {
  const counters = await limited.counters();
  for (const [scope, used] of Object.entries(counters)) {
    assert.ok(used <= (scope.endsWith(":sms") ? LIMITS.sms : LIMITS.international_sms), scope);
  }
}

/** Asserts that no job is charged for rows that are not messages. */
async function assertNothingCharged({ hark }: LimitedService): Promise<void> {
  const charged = "SELECT count(*) AS n FROM jobs WHERE charged_rows <> 0 OR charged_abroad <> 0";
  const [found] = await hark.db.read([charged]);
  assert.equal(Number(found?.rows[0]?.n), 0);
}

Deno.test("daily limits: counters are those of a recount and within the limits, whatever comes at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
      const quiet_hours = { start: "20:00", end: "06:00" };
      await using limited = await startLimited({ daily_limits: LIMITS, quiet_hours });
      const { hark, clock } = limited;
      const created: Created = { messages: [], jobs: [] };
      for (const { steps, hours } of rounds) {
        await Promise.all(steps.map((step) => run(limited, created, step)));
        await check(limited);
        clock.advance(hours * HOUR);
        await hark.settle();
        await check(limited);
      }
      // In the end nothing waits any more, and only what was sent stays counted.
      clock.advance(4 * DAY);
      for (const id of created.jobs) {
        const path = `${jobsOf(limited.service)}/${id}/cancel`;
        await (await hark.manage("POST", path)).body?.cancel();
      }
      await hark.settle();
      clock.advance(DAY);
      await hark.settle();
      await check(limited);
      await assertNothingCharged(limited);
    }),
    // In the other runners each run has a server of its own.
    { numRuns: RUNNER === "process" ? 25 : 3, endOnFailure: true },
  );
});

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Lets the work of this process go on. */
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve));

for (const accepted of [0, 1, 129]) {
  Deno.test(`daily limits: a job of 300 rows that is cancelled when ${accepted} or more are accepted gives back the rest`, async () => {
    await using limited = await startLimited({ daily_limits: { sms: 1_000 } });
    const { hark, service } = limited;
    const rows = Array.from({ length: 300 }, (_, at) => `0770090${String(1000 + at)},A`);
    const list = ["phone number,name", ...rows].join("\n");
    const job = await bodyOf(await upload(hark, service, list, { start: "false" }), 201);
    const path = `${jobsOf(service)}/${job.id}`;
    await bodyOf(await hark.manage("POST", `${path}/start`), 200);
    let isOver = false;
    const running = hark.settle().finally(() => isOver = true);
    while (!isOver && await countOf(hark, "notifications") < accepted) await nextTask();
    // The last row may be accepted before the request comes: then there is no rest.
    await (await hark.manage("POST", `${path}/cancel`)).body?.cancel();
    await running;
    await hark.settle();
    await assertNothingCharged(limited);
    const { counts } = await bodyOf(await hark.manage("GET", path), 200);
    const { cancelled = 0, ...sent } = counts;
    const used = await limited.counters();
    assert.equal(total(used), total(sent), `${cancelled} were cancelled`);
  });
}
