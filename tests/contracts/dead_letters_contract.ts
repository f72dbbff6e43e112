import assert from "node:assert/strict";
import { createDeadLetterStore } from "../../adapters/libsql/dead_letters/dead_letters.ts";
import { DEAD_LETTERS } from "../../adapters/libsql/schema/dead_letters.ts";
import { createStatisticsStore } from "../../adapters/libsql/statistics/statistics.ts";
import type { DeadLetterFilter } from "../../domain/dead_letters/dead_letter.ts";
import { finishWithoutAttempt } from "../../domain/delivery/attempt_result.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import type { DeadLetterStore } from "../../domain/ports/dead_letter_store.ts";
import type { Backend } from "./backends.ts";
import { ACCEPTED, end, start, statusOf, timeOut, unresolvedMessage } from "./correction_steps.ts";
import { acceptRows, createJob, jobsOf } from "./jobs_contract.ts";
import {
  accepted,
  type AcceptPlan,
  type Bench,
  charge,
  claimOne,
  countRows,
  DAY_MS,
  dump,
  type Isolate,
  newSender,
  openBench,
  receipt,
  type Sender,
  START,
} from "./isolate.ts";

/** An answer that ends a message as `technical-failure`. */
export const REJECTED = { kind: "rejected", permanent: false, code: "30008" } as const;

/** The store of an isolate. */
export const deadLettersOf = ({ db, clock, audit }: Isolate): DeadLetterStore =>
  createDeadLetterStore(db, clock, audit);

/** Accepts a message whose first attempt the provider rejects: it ends as `technical-failure`. */
export async function deadLetter(
  bench: Bench,
  sender: Sender,
  plan: AcceptPlan = {},
  code = REJECTED.code as string,
): Promise<NotificationRef> {
  const ref = await accepted(bench, sender, plan);
  await end(bench, await start(bench), { ...REJECTED, code });
  assert.equal(await statusOf(bench, ref), "technical-failure");
  return ref;
}

/** The first page, of those that were not dropped. */
export const EVERY = { isDropped: false, olderThan: undefined, limit: 100 } as const;

/** The ids of dead letters, the last accepted first. */
export async function idsOf(bench: Bench, filter: DeadLetterFilter = {}, isDropped = false) {
  const { deadLetters } = await deadLettersOf(bench).list(filter, { ...EVERY, isDropped });
  return deadLetters.map(({ notificationId }) => notificationId);
}

async function reasonsOf({ db }: Bench, sender: Sender) {
  const day = START / DAY_MS | 0;
  const rows = await createStatisticsStore(db)
    .read(sender.serviceId, { from: day - 1, to: day + 9, by: new Set() });
  assert.ok(rows !== "too-many");
  const [row] = rows;
  const { requested, delivered, failed } = row?.counts ?? {};
  return { requested, delivered, failed, reasons: Object.fromEntries(row?.reasons ?? []) };
}

/** The contract of {@link DeadLetterStore}. */
export function deadLettersContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`DeadLetterStore ${name} (${backend.name})`, run);

  test("list: has each message while its status is technical-failure, with its reason", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const rejected = await deadLetter(bench, sender);
    bench.time.now += 10;
    const unavailable = await accepted(bench, sender, { channel: "email" });
    const { lease } = await claimOne(bench);
    await bench.outbox.settle(
      lease,
      undefined,
      finishWithoutAttempt("technical-failure", "provider-unavailable"),
      bench.time.now,
    );
    const reported = await accepted(bench, sender);
    await end(bench, await start(bench), ACCEPTED("m"));
    const failed = receipt("m", "technical-failure", { code: "E9" });
    await bench.receipts.receive([failed], bench.time.now);
    const { deadLetters, next } = await deadLettersOf(bench).list({}, EVERY);
    const base = { serviceId: sender.serviceId, channel: "sms", droppedAt: null, dropReason: null };
    assert.deepEqual(deadLetters, [
      {
        ...base,
        notificationId: reported.notificationId,
        provider: "post",
        reason: "E9",
        failedAt: START + 10,
      },
      {
        ...base,
        notificationId: unavailable.notificationId,
        channel: "email",
        provider: null,
        reason: "provider-unavailable",
        failedAt: START + 10,
      },
      {
        ...base,
        notificationId: rejected.notificationId,
        provider: "post",
        reason: "30008",
        failedAt: START,
      },
    ]);
    assert.equal(next, undefined);
    const delivered = receipt("m", "delivered", { ref: reported });
    await bench.receipts.receive([delivered], bench.time.now);
    assert.deepEqual(await idsOf(bench), [unavailable.notificationId, rejected.notificationId]);
    bench.time.now += 30 * DAY_MS;
    await bench.retention.purge(bench.time.now, 100);
    assert.deepEqual(await idsOf(bench), [], "retention deletes them with the message");
    assert.equal(await countRows(bench.db, "dead_letters"), 0);
  });

  test("list: has what failed before the migration", async () => {
    await using bench = await openBench(backend);
    const ref = await deadLetter(bench, await newSender(bench));
    await accepted(bench, await newSender(bench));
    const before = await idsOf(bench);
    assert.deepEqual(before, [ref.notificationId]);
    await bench.db.write([
      "DROP TABLE dead_letters",
      "DROP TABLE dead_letter_commands",
      ...["notification_dead_lettered", "dead_letter_corrected", "dead_letter_deleted"]
        .map((name) => `DROP TRIGGER ${name}`),
      "ALTER TABLE outbox DROP COLUMN redriven_at",
    ]);
    await bench.db.write(DEAD_LETTERS.statements);
    assert.deepEqual(await idsOf(bench), before);
  });

  test("list: matches each field of a filter, and goes on from page to page", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    const refs: string[] = [];
    for (
      const plan of [[sender, {}, "a"], [sender, { channel: "email" }, "a"], [
        other,
        {},
        "b",
      ]] as const
    ) {
      bench.time.now += 10;
      refs.push((await deadLetter(bench, plan[0], plan[1], plan[2])).notificationId);
    }
    const [first, second, third] = refs;
    assert.deepEqual(await idsOf(bench, { reason: "a" }), [second, first]);
    assert.deepEqual(await idsOf(bench, { channel: "email" }), [second]);
    assert.deepEqual(await idsOf(bench, { serviceId: other.serviceId }), [third]);
    assert.deepEqual(await idsOf(bench, { provider: "post" }), [third, second, first]);
    assert.deepEqual(await idsOf(bench, { provider: "none" }), []);
    assert.deepEqual(await idsOf(bench, { from: START + 20 }), [third, second]);
    assert.deepEqual(await idsOf(bench, { to: START + 20 }), [first]);
    const seen: string[] = [];
    const store = deadLettersOf(bench);
    for (let olderThan = undefined, page;; olderThan = page.next) {
      page = await store.list({}, { ...EVERY, olderThan, limit: 1 });
      seen.push(...page.deadLetters.map(({ notificationId }) => notificationId));
      if (page.next === undefined) break;
    }
    assert.deepEqual(seen, [third, second, first]);
  });

  test("redrive: puts the same message back, with its event and counts, and its attempts go on counting", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const charges = [charge("day:1:sms", 5)];
    const ref = await deadLetter(bench, sender, { charges });
    assert.deepEqual(await reasonsOf(bench, sender), {
      requested: 1,
      delivered: 0,
      failed: 1,
      reasons: { "post:30008": 1 },
    });
    bench.time.now += 5_000;
    const [counters] = await bench.db.read(["SELECT * FROM counters"]);
    const store = deadLettersOf(bench);
    assert.deepEqual(await store.find(ref.notificationId), ref);
    assert.equal(await store.redrive(ref, bench.time.now), undefined);
    const [charged] = await bench.db.read(["SELECT * FROM counters"]);
    assert.deepEqual(charged?.rows, counters?.rows, "nothing is charged a second time");
    const stored = await bench.notifications.get(ref);
    assert.deepEqual([stored?.status, stored?.statusAt], ["created", START + 5_000]);
    assert.deepEqual([stored?.completedAt, stored?.sentAt], [null, null]);
    assert.deepEqual((await bench.notifications.timeline(ref))?.at(-1), {
      at: START + 5_000,
      kind: "status-corrected",
      facts: { status: "created", corrects: "technical-failure", code: "redriven" },
    });
    assert.deepEqual(await reasonsOf(bench, sender), {
      requested: 1,
      delivered: 0,
      failed: 0,
      reasons: {},
    });
    const { events } = {
      events: await bench.events.read(sender.serviceId, { after: 0, limit: 10 }),
    };
    assert.deepEqual(events.events.map(({ type }) => type), ["technical-failure", "created"]);
    assert.deepEqual(await idsOf(bench), []);
    const before = await dump(bench.db);
    assert.equal(await store.redrive(ref, bench.time.now), "not-failed");
    assert.deepEqual(await dump(bench.db), before, "a repeated call changes nothing");
    const second = await start(bench);
    assert.deepEqual([second.number, second.item.redrivenAt], [2, START + 5_000]);
    await end(bench, second, ACCEPTED("m2"));
    await bench.receipts.receive([receipt("m2", "delivered")], bench.time.now);
    assert.equal(await statusOf(bench, ref), "delivered");
    assert.equal((await reasonsOf(bench, sender)).delivered, 1);
    assert.equal(await store.redrive(ref, bench.time.now), "not-failed");
  });

  test("redrive: moves the counts of its job", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { store: jobs, queue } = jobsOf(bench);
    const { id } = await createJob(jobs, sender, [1]);
    const chunk = await queue.claimChunk(bench.time.now, 30_000);
    if (chunk === undefined) throw new Error("nothing was due");
    await acceptRows(bench, sender, chunk, chunk.rows);
    await end(bench, await start(bench), REJECTED);
    const countsOf = async () => (await jobs.get(sender.serviceId, id))?.counts;
    const failed = await countsOf();
    assert.equal(failed?.["technical-failure"], 1);
    const [letter] = await idsOf(bench);
    assert.ok(letter !== undefined);
    const ref = { serviceId: sender.serviceId, notificationId: letter };
    assert.equal(await deadLettersOf(bench).redrive(ref, bench.time.now), undefined);
    const counts = await countsOf();
    assert.deepEqual([counts?.created, counts?.["technical-failure"] ?? 0], [1, 0]);
  });

  test("redrive: a late or repeated report of failure about an earlier attempt does not end it again, and delivered does", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const store = deadLettersOf(bench);
    const ref = await accepted(bench, sender);
    await end(bench, await start(bench), ACCEPTED("m1"));
    const failed = receipt("m1", "technical-failure", { ref });
    await bench.receipts.receive([failed], bench.time.now);
    assert.equal(await store.redrive(ref, bench.time.now), undefined);
    await bench.receipts.receive([failed], bench.time.now);
    const late = receipt("m1", "permanent-failure", { ref });
    await bench.receipts.receive([late], bench.time.now);
    assert.equal(await statusOf(bench, ref), "created");
    const second = await start(bench);
    assert.equal(second.number, 2);
    await bench.receipts.receive([receipt("m1", "temporary-failure", { ref })], bench.time.now);
    assert.equal(await statusOf(bench, ref), "created");
    await bench.receipts.receive([receipt("m1", "delivered", { ref })], bench.time.now);
    assert.equal(await statusOf(bench, ref), "delivered");
    await end(bench, second, REJECTED);
    assert.equal(await statusOf(bench, ref), "delivered");
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("redrive: says on the timeline that an attempt of unknown outcome may have sent the message", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await unresolvedMessage(bench, sender, 1);
    await end(bench, await start(bench), REJECTED);
    assert.equal(await deadLettersOf(bench).redrive(ref, bench.time.now), undefined);
    assert.deepEqual((await bench.notifications.timeline(ref))?.at(-1)?.facts, {
      status: "created",
      corrects: "technical-failure",
      code: "redriven",
      possible_duplicate: true,
    });
    assert.equal((await start(bench)).number, 3);
  });

  test("redrive: says on the timeline that a provider which accepted the message may have delivered it", async () => {
    await using bench = await openBench(backend);
    const ref = await deadLetter(bench, await newSender(bench));
    const store = deadLettersOf(bench);
    const lastFacts = async () => (await bench.notifications.timeline(ref))?.at(-1)?.facts;
    assert.equal(await store.redrive(ref, bench.time.now), undefined);
    assert.equal((await lastFacts())?.possible_duplicate, undefined);
    await end(bench, await start(bench), ACCEPTED("m2"));
    await timeOut(bench);
    assert.equal(await statusOf(bench, ref), "technical-failure");
    assert.equal(await store.redrive(ref, bench.time.now), undefined);
    assert.equal((await lastFacts())?.possible_duplicate, true);
  });

  test("redrive: a message that is too late for another attempt, of which an earlier one is reported, ends by its receipt or a time-out", async () => {
    for (const isDelivered of [true, false]) {
      await using bench = await openBench(backend);
      const sender = await newSender(bench);
      const ref = await unresolvedMessage(bench, sender, 1);
      const first = await claimOne(bench);
      await bench.outbox.settle(
        first.lease,
        undefined,
        finishWithoutAttempt("technical-failure", "outcome-unknown"),
        bench.time.now,
      );
      assert.equal(await deadLettersOf(bench).redrive(ref, bench.time.now), undefined);
      await bench.receipts.receive([receipt("m1", "sending", { ref })], bench.time.now);
      assert.equal(await statusOf(bench, ref), "sending");
      const second = await claimOne(bench);
      await bench.outbox.settle(
        second.lease,
        undefined,
        finishWithoutAttempt("expired", "too-late"),
        bench.time.now,
      );
      assert.equal(await statusOf(bench, ref), "sending");
      if (isDelivered) {
        await bench.receipts.receive([receipt("m1", "delivered", { ref })], bench.time.now);
        assert.equal(await statusOf(bench, ref), "delivered");
      } else {
        await timeOut(bench);
        assert.equal(await statusOf(bench, ref), "temporary-failure");
      }
      assert.equal(await countRows(bench.db, "outbox"), 0);
    }
  });

  test("redrive: two at once put it back once", async () => {
    await using bench = await openBench(backend);
    const ref = await deadLetter(bench, await newSender(bench));
    const others = [deadLettersOf(bench), deadLettersOf(await bench.another())];
    const skips = await Promise.all(others.map((store) => store.redrive(ref, START + 1)));
    assert.deepEqual(skips.toSorted(), ["not-failed", undefined]);
    assert.equal(await countRows(bench.db, "outbox"), 1);
    const redrives = (await bench.notifications.timeline(ref))
      ?.filter(({ facts }) => facts.code === "redriven");
    assert.equal(redrives?.length, 1);
  });
}
