import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { createStatisticsStore } from "../../adapters/libsql/statistics/statistics.ts";
import { createStatisticsRetention } from "../../adapters/libsql/statistics/statistics_retention.ts";
import { MAX_REASON_CODE } from "../../adapters/libsql/statistics/count_statements.ts";
import { type AttemptResult, finishWithoutAttempt } from "../../domain/delivery/attempt_result.ts";
import { RECEIPT_KINDS } from "../../domain/delivery/receipt.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import type { KeyKind } from "../../domain/service/service.ts";
import {
  HOURLY_DAYS,
  MAX_COUNTS_READ,
  MAX_STATISTICS_ROWS,
  STATISTICS_KEPT_DAYS,
  type StatisticsKey,
  type StatisticsQuery,
  type StatisticsRow,
} from "../../domain/statistics/statistics.ts";
import type { Backend } from "./backends.ts";
import { deadLettersOf } from "./dead_letters_contract.ts";
import {
  accepted,
  type Bench,
  capacityFor,
  DAY_MS,
  newAccept,
  newSender,
  openBench,
  receipt,
  type Sender,
  START,
} from "./isolate.ts";

/** The day of {@link START}. */
const DAY = START / DAY_MS | 0;

const keys = (...by: StatisticsKey[]) => new Set(by);

const SUMMED_BY_DAY = `SELECT service_id, iif(unit = 'hour', period / 24, period) AS day, channel,
    outcome, sum(messages) AS messages
  FROM statistics WHERE key_kind <> 'test' GROUP BY 1, 2, 3, 4`;
const BY_DAY = "SELECT service_id, day, channel, outcome, messages FROM service_days";

/** The counts by day are always the sums of the others. */
async function assertDaysAddUp({ db }: Bench): Promise<void> {
  const unlike = await db.read([
    `SELECT * FROM (${SUMMED_BY_DAY}) EXCEPT ${BY_DAY}`,
    `${BY_DAY} EXCEPT SELECT * FROM (${SUMMED_BY_DAY})`,
  ]);
  assert.deepEqual(unlike.map(({ rows }) => rows.length), [0, 0]);
}

async function read(
  bench: Bench,
  { serviceId }: Sender,
  query: Partial<StatisticsQuery> = {},
): Promise<readonly StatisticsRow[]> {
  const { db } = bench;
  await assertDaysAddUp(bench);
  const rows = await createStatisticsStore(db)
    .read(serviceId, { from: DAY - 1, to: DAY + 1, by: keys("day"), ...query });
  assert.ok(rows !== "too-many");
  return rows;
}

/** The counts of all messages of a service, without those that are zero, and their reasons. */
async function totalsOf(bench: Bench, sender: Sender, query: Partial<StatisticsQuery> = {}) {
  const [row, ...others] = await read(bench, sender, { by: keys(), ...query });
  assert.equal(others.length, 0);
  if (row === undefined) return {};
  return {
    ...Object.fromEntries(Object.entries(row.counts).filter(([, messages]) => messages !== 0)),
    ...row.reasons.size === 0 ? {} : { reasons: Object.fromEntries(row.reasons) },
  };
}

/** Starts and settles the messages that are due. */
async function settleDue({ outbox, time }: Bench, result: AttemptResult): Promise<void> {
  for (const { lease } of await outbox.claim(time.now, capacityFor(100), 30_000)) {
    const start = { provider: "post", possibleDuplicate: false };
    await outbox.start(lease, start, time.now, time.now + 30_000);
    await outbox.settle(lease, "post", result, time.now);
  }
}

function endedWith(status: AttemptResult["status"], code?: string): AttemptResult {
  return {
    status,
    providerMessageId: undefined,
    next: { kind: "done" },
    unresolved: false,
    events: code === undefined ? [] : [{
      kind: "attempt-ended",
      facts: { provider: "post", attempt: 1, outcome: "rejected", code },
    }],
  };
}

/** What may happen to one of a few messages. */
const STEPS = [
  ...RECEIPT_KINDS,
  "accept",
  "accept many",
  "reject",
  "fail",
  "redrive",
  "expire",
  "cancel",
  "try again",
] as const;

async function take(
  bench: Bench,
  sender: Sender,
  refs: NotificationRef[],
  [step, at]: readonly [typeof STEPS[number], number],
): Promise<void> {
  const ref = refs[at % Math.max(refs.length, 1)];
  const kinds: readonly KeyKind[] = ["live", "team", "test"];
  const plan = {
    keyKind: kinds[at % 3] ?? "live",
    channel: at % 2 === 0 ? "sms" : "email",
  } as const;
  switch (step) {
    case "accept":
      refs.push(await accepted(bench, sender, plan));
      return;
    case "accept many": {
      const accepts = [1, 2, 3].map(() => newAccept(bench, sender, plan));
      await bench.accepts.acceptMany(accepts);
      refs.push(...accepts.map(({ notification }) => ({
        serviceId: notification.serviceId,
        notificationId: notification.id,
      })));
      return;
    }
    case "reject":
      return await settleDue(bench, endedWith("permanent-failure", `code-${at}`));
    case "fail":
      return await settleDue(bench, endedWith("technical-failure", `code-${at}`));
    case "redrive":
      if (ref !== undefined) await deadLettersOf(bench).redrive(ref, bench.time.now);
      return;
    case "expire":
      return await settleDue(bench, finishWithoutAttempt("expired", "too-late"));
    case "try again":
      return await settleDue(bench, {
        ...endedWith(undefined),
        next: { kind: "again", dueAt: START },
      });
    case "cancel":
      if (ref !== undefined) await bench.notifications.cancel(ref, undefined, bench.time.now);
      return;
    default:
      if (ref === undefined) return;
      await bench.receipts.receive([
        receipt(`m${at}`, step, { ref, code: `code-${at}`, dedupeKey: `${step} ${at}` }),
      ], bench.time.now);
  }
}

/** The counts as the notifications give them, by the key of a count. */
async function recount({ db }: Bench): Promise<ReadonlyMap<string, number>> {
  const key =
    "hex(service_id) || (created_at / 3600000) || channel || key_kind || hex(template_id)";
  const [counted] = await db.read([`SELECT key, count(*) AS n FROM (
      SELECT ${key} || 'requested' AS key FROM notifications
      UNION ALL
      SELECT ${key} || CASE WHEN status LIKE '%-failure' THEN 'failed' ELSE status END
      FROM notifications WHERE status NOT IN ('created', 'sending', 'pending')) GROUP BY key`]);
  return new Map((counted?.rows ?? []).map(({ key, n }) => [String(key), Number(n)]));
}

async function countsOf({ db }: Bench): Promise<ReadonlyMap<string, number>> {
  const key = "hex(service_id) || period || channel || key_kind || hex(template_id)";
  const [counted] = await db.read([`SELECT key, sum(messages) AS n FROM (
      SELECT ${key} || CASE WHEN outcome LIKE 'failed %' THEN 'failed' ELSE outcome END AS key,
        messages
      FROM statistics) GROUP BY key HAVING sum(messages) <> 0`]);
  return new Map((counted?.rows ?? []).map(({ key, n }) => [String(key), Number(n)]));
}

const byKey = (counts: ReadonlyMap<string, number>) =>
  [...counts].toSorted(([a], [b]) => a < b ? -1 : 1);

/** The contract of {@link StatisticsStore}, and of the stores whose changes it counts. */
export function statisticsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`StatisticsStore ${name} (${backend.name})`, run);

  test("read: has the counts of a recount after any sequence of accepts, results, receipts, cancellations and redrives", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(5)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const refs: NotificationRef[] = [];
        for (const step of steps) {
          await take(bench, sender, refs, step);
          bench.time.now += 1_000_000;
        }
        assert.deepEqual(byKey(await countsOf(bench)), byKey(await recount(bench)));
      }),
      { numRuns: 25, seed: 13 },
    );
  });

  test("read: counts an accept, and nothing for one that is rejected", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender);
    await bench.accepts.accept(newAccept(bench, sender, { revision: 0 }));
    await bench.accepts.acceptMany([
      newAccept(bench, sender),
      newAccept(bench, sender, { revision: 0 }),
    ]);
    assert.deepEqual(await totalsOf(bench, sender), { requested: 2 });
    assert.deepEqual(await totalsOf(bench, await newSender(bench)), {});
  });

  test("read: has a failure under its provider and code, with its status for a code where it has none", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const longest = "c".repeat(MAX_REASON_CODE);
    for (const code of ["30003", longest, `${longest}c`, "a b", undefined]) {
      await accepted(bench, sender);
      await settleDue(bench, endedWith("technical-failure", code));
    }
    const ref = await accepted(bench, sender);
    await bench.receipts.receive([
      receipt("m", "permanent-failure", { ref, code: "HardBounce" }),
    ], START);
    await accepted(bench, sender);
    await settleDue(bench, finishWithoutAttempt("temporary-failure", "no-receipt"));
    assert.deepEqual(await totalsOf(bench, sender), {
      requested: 7,
      failed: 7,
      reasons: {
        "post:30003": 1,
        [`post:${longest}`]: 1,
        "post:other": 2,
        "post:technical-failure": 1,
        "post:HardBounce": 1,
        "no-receipt": 1,
      },
    });
  });

  test("read: takes a message from the count that it is in when its status is corrected", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender);
    await bench.receipts.receive([receipt("m", "sent", { ref })], START);
    assert.deepEqual(await totalsOf(bench, sender), { requested: 1, sent: 1 });
    await bench.receipts.receive([receipt("m", "delivered", { ref })], START);
    assert.deepEqual(await totalsOf(bench, sender), { requested: 1, delivered: 1 });
    const email = await accepted(bench, sender, { channel: "email" });
    for (const [kind, code] of [["delivered"], ["permanent-failure", "HardBounce"]] as const) {
      await bench.receipts.receive([receipt("e", kind, { ref: email, code })], START);
    }
    assert.deepEqual(await totalsOf(bench, sender), {
      requested: 2,
      delivered: 1,
      failed: 1,
      reasons: { "post:HardBounce": 1 },
    });
  });

  test("read: does not count a message from before the counts", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender);
    await bench.db.write(["UPDATE notifications SET counted_as = NULL", "DELETE FROM statistics"]);
    await settleDue(bench, endedWith("delivered"));
    assert.deepEqual(await totalsOf(bench, sender), {});
  });

  test("read: tells messages apart by day, hour, channel, template and reason, of the days and the kind of keys that are asked for", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender);
    await accepted(bench, sender, { keyKind: "test", channel: "email" });
    await settleDue(bench, endedWith("permanent-failure", "x"));
    bench.time.now += DAY_MS;
    await accepted(bench, sender);
    const requested = async (by: readonly StatisticsKey[], query: Partial<StatisticsQuery> = {}) =>
      (await read(bench, sender, { by: keys(...by), ...query }))
        .map(({ counts, reasons: _, ...key }) => [Object.values(key).join(" "), counts.requested]);
    assert.deepEqual(await requested(["day"]), [[`${DAY}`, 2], [`${DAY + 1}`, 1]]);
    assert.deepEqual(await requested(["day"], { to: DAY }), [[`${DAY}`, 2]]);
    assert.deepEqual(await requested(["day"], { from: DAY + 1 }), [[`${DAY + 1}`, 1]]);
    assert.deepEqual(await requested(["hour"]), [
      [`${DAY * 24 + 12}`, 2],
      [`${DAY * 24 + 36}`, 1],
    ]);
    assert.deepEqual(await requested(["channel"]), [["email", 1], ["sms", 2]]);
    assert.deepEqual(await requested(["channel"], { keyKind: "live" }), [["sms", 2]]);
    assert.deepEqual(await requested(["template"]), [[sender.templateId, 3]]);
    assert.deepEqual(await requested(["reason"]), [["", 1], ["post:x", 2]]);
    assert.deepEqual(await requested(["day", "channel"]), [
      [`${DAY} email`, 1],
      [`${DAY} sms`, 1],
      [`${DAY + 1} sms`, 1],
    ]);
  });

  test("purge: adds up hours by the day after eight days, deletes days after 800, and changes no count before", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (const hour of [0, 1, 2]) {
      bench.time.now = START + hour * 3_600_000;
      await accepted(bench, sender);
    }
    await settleDue(bench, endedWith("delivered"));
    const totals = { requested: 3, delivered: 3 };
    const retention = createStatisticsRetention(bench.db);
    const storedAfter = async (days: number) => {
      while (await retention.purge(DAY * DAY_MS + days * DAY_MS, 2) > 0);
      const [stored] = await bench.db.read([
        "SELECT unit, count(*) AS n FROM statistics GROUP BY 1",
      ]);
      return stored?.rows.map(({ unit, n }) => `${n} ${unit}`);
    };
    assert.deepEqual(await storedAfter(HOURLY_DAYS), ["6 hour"]);
    assert.deepEqual(await totalsOf(bench, sender), totals);
    assert.deepEqual(await storedAfter(HOURLY_DAYS + 1), ["2 day"]);
    assert.deepEqual(await totalsOf(bench, sender), totals);
    assert.deepEqual(await storedAfter(STATISTICS_KEPT_DAYS), ["2 day"]);
    assert.deepEqual(await storedAfter(STATISTICS_KEPT_DAYS + 1), []);
  });

  for (
    const [limit, what, template] of [
      [MAX_STATISTICS_ROWS, "rows", "value"],
      [MAX_COUNTS_READ, "counts", "value % 10"],
    ] as const
  ) {
    test(`read: answers ${limit} ${what}, and refuses one more`, async () => {
      await using bench = await openBench(backend);
      const sender = await newSender(bench);
      const insert = (from: number, to: number) => ({
        sql: `WITH RECURSIVE v(value) AS (SELECT ${from} UNION ALL
            SELECT value + 1 FROM v WHERE value < ${to})
          INSERT INTO statistics SELECT 'day', unhex(?1, '-'), ${DAY}, 'sms', 'live' || value,
            unhex(printf('%032x', ${template})), 'requested', 1 FROM v`,
        args: [sender.serviceId],
      });
      const ask = { from: DAY, to: DAY, by: keys("template") };
      const store = createStatisticsStore(bench.db);
      await bench.db.write([insert(1, limit)]);
      const rows = await store.read(sender.serviceId, ask);
      assert.equal(rows.length, what === "rows" ? limit : 10);
      await bench.db.write([insert(limit + 1, limit + 1)]);
      assert.equal(await store.read(sender.serviceId, ask), "too-many");
    });
  }
}
