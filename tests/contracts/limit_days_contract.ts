import assert from "node:assert/strict";
import type { JobRow } from "../../domain/jobs/job.ts";
import { chargeOfJob } from "../../domain/jobs/job_charge.ts";
import { failPermanently, postponeUntil } from "../../domain/delivery/attempt_result.ts";
import { limitDayOf } from "../../domain/sending/limit_day.ts";
import { chargesFor, isRate } from "../../domain/sending/limits.ts";
import { DEFAULT_SETTINGS, type Service } from "../../domain/service/service.ts";
import type { Backend } from "./backends.ts";
import {
  ACCEPTED,
  accepted,
  type AcceptPlan,
  charge,
  claimOne,
  DAY_MS,
  isAccepted,
  type Isolate,
  newAccept,
  newSender,
  openBench,
  overLimit,
  type Sender,
  START,
} from "./isolate.ts";
import {
  acceptRows,
  claimed,
  jobsOf,
  LEASE_MS,
  newClaim,
  newJob,
  newRows,
} from "./jobs_contract.ts";

const TOMORROW = START + DAY_MS;
const TODAY_TEXTS = "day:2026-03-01:sms";
const TEXTS = "day:2026-03-02:sms";
const ABROAD = "day:2026-03-02:international_sms";
const LIMITS = { ...DEFAULT_SETTINGS.daily_limits, sms: 5, international_sms: 2 };

async function serviceOf({ management }: Isolate, { serviceId }: Sender): Promise<Service> {
  const service = await management.getService(serviceId);
  if (service === undefined) throw new Error("the service is gone");
  return service;
}

/** An accept of a message for tomorrow, charged to tomorrow. */
async function forTomorrow(
  isolate: Isolate,
  sender: Sender,
  international = false,
): Promise<AcceptPlan> {
  const service = await serviceOf(isolate, sender);
  const charges = chargesFor(service, "live", "sms", international, START, TOMORROW);
  return {
    charges: charges.filter((charge) => !isRate(charge)),
    limitDay: limitDayOf(service, TOMORROW).day,
    dueAt: TOMORROW,
    international,
  };
}

/** The contract of the stores about what is charged to the limits of a day and given back to them. */
export function limitDaysContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`${name} (${backend.name})`, run);

  async function open() {
    const bench = await openBench(backend);
    const sender = await newSender(bench, { settings: { daily_limits: LIMITS } });
    const used = async () => {
      const scopes = [TODAY_TEXTS, TEXTS, ABROAD];
      const { counters } = await bench.accepts.recall(sender.serviceId, undefined, scopes, START);
      return scopes.map((scope) => counters.get(scope) ?? 0);
    };
    /** Creates a job for tomorrow, or one that waits for its start. */
    const createFor = async (rows: readonly JobRow[], waits = false) => {
      const { store } = jobsOf(bench);
      const job = newJob(sender, rows.length, {
        scheduledFor: TOMORROW,
        status: waits ? "ready to send" : "scheduled",
        abroadRows: rows.filter(({ abroad }) => abroad).length,
      });
      await store.stage(job.serviceId, job.id, 0, rows, START);
      const cost = chargeOfJob(await serviceOf(bench, sender), job, START);
      const claim = newClaim({ chunks: 1 });
      const created = await store.create(job, claim, sender.revision, waits ? undefined : cost);
      return { job, cost, created: created.kind };
    };
    return { bench, sender, used, createFor, ...jobsOf(bench) };
  }

  test("NotificationStore.cancel: gives back what the notification was charged, once, to all its limits", async () => {
    const { bench, sender, used } = await open();
    await using _ = bench;
    const ref = await accepted(bench, sender, await forTomorrow(bench, sender, true));
    await accepted(bench, sender, await forTomorrow(bench, sender));
    assert.deepEqual(await used(), [0, 2, 1]);
    await Promise.all([1, 2, 3].map(() => bench.notifications.cancel(ref, "live", START)));
    assert.deepEqual(await used(), [0, 1, 0]);
    await bench.notifications.cancel(ref, "live", TOMORROW + DAY_MS);
    assert.deepEqual(await used(), [0, 1, 0]);
  });

  test("NotificationStore.cancel: gives back nothing for a notification that was charged nothing, or is leased", async () => {
    const { bench, sender, used } = await open();
    await using _ = bench;
    await accepted(bench, sender, { charges: [charge(TEXTS, 5)] });
    const free = await accepted(bench, sender, { keyKind: "test", dueAt: TOMORROW });
    await bench.notifications.cancel(free, "test", START);
    const plan = await forTomorrow(bench, sender);
    const leased = await accepted(bench, sender, {
      ...plan,
      lease: { token: "mine", until: TOMORROW },
    });
    await bench.notifications.cancel(leased, "live", START);
    assert.deepEqual(await used(), [0, 2, 0]);
  });

  test("Outbox.settle: gives back a notification that expires or is cancelled without an attempt, and no other", async () => {
    const { bench, sender, used } = await open();
    await using _ = bench;
    const { outbox, time } = bench;
    const attempt = { provider: "post", possibleDuplicate: false };
    const cases = [
      ["expired", false, 0],
      ["cancelled", false, 0],
      ["expired", true, 1],
      ["cancelled", true, 2],
      ["technical-failure", false, 3],
    ] as const;
    for (const [status, isAttempted, left] of cases) {
      await accepted(bench, sender, await forTomorrow(bench, sender));
      time.now = TOMORROW;
      let { lease } = await claimOne(bench);
      if (isAttempted) {
        await outbox.start(lease, attempt, TOMORROW, TOMORROW + 1_000);
        await outbox.settle(lease, "post", postponeUntil(TOMORROW, "quiet-hours", false), TOMORROW);
        ({ lease } = await claimOne(bench));
      }
      const ended = failPermanently(status, "reason", false, TOMORROW);
      await outbox.settle(lease, undefined, ended, TOMORROW);
      await outbox.settle(lease, undefined, ended, TOMORROW);
      assert.deepEqual(await used(), [0, left, 0], status);
      time.now = START;
    }
  });

  test("JobStore.create: charges all rows, all or nothing, and cancel gives back those that were not accepted", async () => {
    const { bench, sender, used, createFor, store, queue } = await open();
    await using _ = bench;
    const rows = newRows(3).map((row, at): JobRow => at === 0 ? { ...row, abroad: true } : row);
    const { job, created } = await createFor(rows);
    assert.equal(created, "created");
    assert.deepEqual(await used(), [0, 3, 1]);
    assert.equal((await createFor(newRows(3))).created, "over-limit");
    assert.deepEqual(await used(), [0, 3, 1]);

    const chunk = await claimed(queue, TOMORROW);
    assert.equal((await createFor(newRows(2))).created, "created");
    assert.deepEqual(await used(), [0, 5, 1]);
    const limitDay = limitDayOf(await serviceOf(bench, sender), TOMORROW).day;
    assert.equal(chunk.limitDay, limitDay);
    assert.deepEqual(chunk.rows, rows);
    const takeTwo = () =>
      chunk.rows.slice(0, 2).map(({ row, abroad = false }) =>
        newAccept(bench, sender, {
          delivery: { job: { id: job.id, row } },
          inBatch: true,
          jobLease: chunk.leaseToken,
          international: abroad,
          limitDay,
          takesFromJob: { abroad },
        })
      );
    const taken = takeTwo();
    assert.ok((await bench.accepts.acceptMany(taken)).every(isAccepted));
    assert.ok(!(await bench.accepts.acceptMany(takeTwo())).some(isAccepted), "once");
    assert.deepEqual(await used(), [0, 5, 1]);
    assert.equal(await store.cancel(sender.serviceId, job.id, TOMORROW), true);
    assert.deepEqual(await used(), [0, 4, 1]);
    assert.equal(await store.cancel(sender.serviceId, job.id, TOMORROW), false);
    assert.deepEqual(await used(), [0, 4, 1]);
    // The accepted rows are given back when they end.
    for (const { notification: { serviceId, id } } of taken) {
      await bench.notifications.cancel({ serviceId, notificationId: id }, undefined, TOMORROW);
    }
    assert.deepEqual(await used(), [0, 2, 0]);
  });

  test("JobStore.create: of lists and messages that come at once, as many are charged as the limit allows", async () => {
    const { bench, sender, used, createFor } = await open();
    await using _ = bench;
    const other = await bench.another();
    const plan = await forTomorrow(bench, sender);
    const results = await Promise.all([
      ...[1, 2, 3, 4].map(async () => (await createFor(newRows(2))).created === "created" ? 2 : 0),
      ...[1, 2, 3, 4, 5].map(async (n) => {
        const isolate = n % 2 === 0 ? bench : other;
        return isAccepted(await isolate.accepts.accept(newAccept(isolate, sender, plan))) ? 1 : 0;
      }),
    ]);
    const charged = results.reduce((sum: number, cost) => sum + cost, 0);
    assert.equal(charged, 5);
    assert.deepEqual(await used(), [0, 5, 0]);
    assert.deepEqual(await bench.accepts.accept(newAccept(bench, sender, plan)), overLimit(TEXTS));
  });

  test("JobStore.start: charges the job, unless that exceeds a limit or the service has changed", async () => {
    const { bench, sender, used, createFor, store } = await open();
    await using _ = bench;
    const { serviceId, revision } = sender;
    const { job, cost } = await createFor(newRows(4), true);
    assert.deepEqual(await used(), [0, 0, 0]);
    const start = (revision: number) =>
      store.start(serviceId, job.id, START, { charge: cost, revision });
    const plan = await forTomorrow(bench, sender);
    const [first] = [await accepted(bench, sender, plan), await accepted(bench, sender, plan)];
    assert.equal(await start(revision), false);
    assert.deepEqual(await used(), [0, 2, 0]);
    assert.ok(first !== undefined);
    await bench.notifications.cancel(first, undefined, START);
    assert.equal(await start(revision - 1), false);
    assert.deepEqual(await used(), [0, 1, 0]);
    const starts = await Promise.all([start(revision), start(revision), start(revision)]);
    assert.deepEqual(starts.sort(), [false, false, true]);
    assert.deepEqual(await used(), [0, 5, 0]);
  });

  test("JobQueue: gives back the rest when a job is finished or ends with an error", async () => {
    const { bench, sender, used, createFor, queue } = await open();
    await using _ = bench;
    await createFor(newRows(2));
    const chunk = await claimed(queue, TOMORROW);
    // Accepted as rows to test recipients: they take nothing from the job.
    await acceptRows(bench, sender, chunk, chunk.rows);
    assert.deepEqual(await used(), [0, 2, 0]);
    assert.equal(await queue.finishChunk(chunk, TOMORROW), true);
    assert.deepEqual(await used(), [0, 0, 0]);
    await createFor(newRows(3));
    const broken = await claimed(queue, TOMORROW);
    await queue.release(broken, TOMORROW);
    assert.deepEqual(await used(), [0, 3, 0]);
    await queue.end(await claimed(queue, TOMORROW), "error", "template-archived", TOMORROW);
    assert.deepEqual(await used(), [0, 0, 0]);
    assert.equal(await queue.claimChunk(TOMORROW + DAY_MS, LEASE_MS), undefined);
  });

  test("ManagementStore.updateService: remembers the last change of the time zone, and the day that went on", async () => {
    const { bench, sender } = await open();
    await using _ = bench;
    const { serviceId: id } = sender;
    const { management } = bench;
    const today = START / DAY_MS - 0.5;
    const change = (time_zone: string, now: number) =>
      management.updateService(id, { settings: { time_zone } }, now);
    assert.equal((await change("UTC", START))?.zoneChange, undefined);
    const moved = await change("Pacific/Kiritimati", START + 1);
    assert.deepEqual(moved?.zoneChange, { at: START + 1, day: today });
    assert.deepEqual(
      (await change("Pacific/Kiritimati", START + 2))?.zoneChange,
      moved?.zoneChange,
    );
    await management.updateService(id, { name: "Renamed" }, START + 3);
    assert.deepEqual((await management.getService(id))?.zoneChange, moved?.zoneChange);
    const context = await bench.contexts.load(id, { fresh: true });
    assert.deepEqual(context?.service.zoneChange, moved?.zoneChange);
    const zones = ["Asia/Tokyo", "UTC", "Europe/Kyiv"];
    const other = await bench.another();
    await Promise.all(
      zones.map((zone, at) =>
        (at % 2 === 0 ? bench : other).management.updateService(
          id,
          { settings: { time_zone: zone } },
          START + 10 + at,
        )
      ),
    );
    assert.equal((await management.getService(id))?.zoneChange?.day, today);
  });

  test("Retention.purge: keeps the counters of days after a change of the time zone for longer", async () => {
    const { bench, sender, used } = await open();
    await using _ = bench;
    const accept = newAccept(bench, sender, await forTomorrow(bench, sender));
    assert.deepEqual(await bench.accepts.accept(accept), ACCEPTED);
    const settings = { time_zone: "Pacific/Kiritimati" };
    await bench.management.updateService(sender.serviceId, { settings }, START);
    await bench.retention.purge(START + 4 * DAY_MS, 1_000);
    assert.deepEqual(await used(), [0, 1, 0]);
    await bench.retention.purge(START + 6 * DAY_MS, 1_000);
    assert.deepEqual(await used(), [0, 0, 0]);
  });
}
