import assert from "node:assert/strict";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { MAX_IDLE_GROUP } from "../../adapters/libsql/connection/group_commit.ts";
import type { AcceptResult, IdempotencyClaim } from "../../domain/ports/accept_store.ts";
import type { Backend } from "./backends.ts";
import {
  ACCEPTED,
  type AcceptPlan,
  type Bench,
  capacityFor,
  charge,
  countRows,
  DAY_MS,
  isAccepted,
  newAccept,
  newSender,
  openBench,
  overLimit,
  refOf,
  rejected,
  type Sender,
  START,
} from "./isolate.ts";
import { createJob, jobsOf } from "./jobs_contract.ts";

const claim = (keyHash: string): IdempotencyClaim => ({
  keyHash,
  requestHash: "request",
  expiresAt: START + DAY_MS,
  answer: keyHash,
});

/** Accepts a list of plans. */
async function acceptAll(
  bench: Bench,
  sender: Sender,
  plans: readonly AcceptPlan[],
): Promise<readonly AcceptResult[]> {
  return await bench.accepts.acceptMany(plans.map((plan) => newAccept(bench, sender, plan)));
}

/** Counts the writes to the database. */
async function countWrites(bench: Bench, work: () => Promise<unknown>): Promise<number> {
  bench.database.connection?.resetCount();
  await work();
  return bench.database.connection?.roundTrips ?? 0;
}

/** The contract of {@link AcceptStore.acceptMany}, `recallMany` and `charge`. */
export function acceptManyContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`AcceptStore ${name} (${backend.name})`, run);

  test("acceptMany: returns the result of each accept in its place", async () => {
    await using bench = await openBench(backend);
    const [one, other] = [await newSender(bench), await newSender(bench)];
    const accepts = [
      newAccept(bench, one, { reference: "a" }),
      newAccept(bench, one, { reference: "b", revision: one.revision + 1 }),
      newAccept(bench, one, { reference: "c", charges: [charge("none", 0)] }),
      newAccept(bench, other, { reference: "d" }),
      newAccept(bench, one, { reference: "e", idempotency: claim("k") }),
      newAccept(bench, one, { reference: "f", idempotency: claim("k") }),
      newAccept(bench, other, { reference: "g", idempotency: claim("k") }),
      newAccept(bench, one, { reference: "h" }),
    ];
    assert.deepEqual(await bench.accepts.acceptMany(accepts), [
      ACCEPTED,
      rejected("revision"),
      overLimit("none"),
      ACCEPTED,
      ACCEPTED,
      rejected("idempotency-key"),
      ACCEPTED,
      ACCEPTED,
    ]);
    const stored = await Promise.all(
      accepts.map((accept) => bench.notifications.get(refOf(accept))),
    );
    assert.deepEqual(
      stored.map((notification) => notification?.reference),
      ["a", undefined, undefined, "d", "e", undefined, "g", "h"],
    );
    for (const table of ["notifications", "outbox", "events"]) {
      assert.equal(await countRows(bench.db, table), 5, table);
    }
    assert.equal(await countRows(bench.db, "idempotency"), 2);
    assert.deepEqual(await bench.accepts.acceptMany([]), []);
  });

  test("acceptMany: the first accepts get the rest of a limit, over all chunks", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const limit = MAX_IDLE_GROUP + 5;
    const plans = Array.from(
      { length: 2 * MAX_IDLE_GROUP },
      () => ({ charges: [charge("day", limit)] }),
    );
    const results = await acceptAll(bench, sender, plans);
    assert.deepEqual(
      results,
      plans.map((_, index) => index < limit ? ACCEPTED : overLimit("day")),
    );
    const { counters } = await bench.accepts.recall(sender.serviceId, undefined, ["day"], START);
    assert.equal(counters.get("day"), limit);
    assert.equal(await countRows(bench.db, "notifications"), limit);
  });

  test("acceptMany: charges each accept for its own counters only", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const home = { charges: [charge("sms", 10)] };
    const abroad = { charges: [charge("sms", 10), charge("abroad", 1)] };
    const results = await acceptAll(bench, sender, [home, abroad, abroad, home, abroad]);
    const isOver = overLimit("abroad");
    assert.deepEqual(results, [ACCEPTED, ACCEPTED, isOver, ACCEPTED, isOver]);
    const { counters } = await bench.accepts.recall(
      sender.serviceId,
      undefined,
      ["sms", "abroad"],
      START,
    );
    assert.deepEqual(counters, new Map([["sms", 3], ["abroad", 1]]));
  });

  test("acceptMany: keeps earlier accepts when the service changes in the middle", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const next = { revision: sender.revision + 1 };
    const results = await acceptAll(bench, sender, [{}, next, {}]);
    assert.deepEqual(results, [ACCEPTED, rejected("revision"), ACCEPTED]);
  });

  test("acceptMany: splits long batches into chunks by number and by size", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const many = Array.from({ length: 501 }, () => ({}));
    const trips = await countWrites(bench, async () => {
      const results = await acceptAll(bench, sender, many);
      assert.equal(results.length, 501);
      assert.ok(results.every(isAccepted));
    });
    if (backend.remote) assert.equal(trips, 2);
    // Encrypted and as hexadecimal digits, two of these exceed the size of a chunk.
    const long = { personal: { body: "x".repeat(bench.db.maxGroupSize / 4) } };
    const longTrips = await countWrites(bench, async () => {
      const results = await acceptAll(bench, sender, [long, long, long, {}]);
      assert.deepEqual(results, Array(4).fill(ACCEPTED));
    });
    if (backend.remote) assert.equal(longTrips, 3);
    assert.equal(await countRows(bench.db, "notifications"), 505);
  });

  test("acceptMany: accepts a row of a job once, from any isolate", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { store, queue } = jobsOf(bench);
    const { id } = await createJob(store, sender, [3]);
    const { leaseToken: jobLease } = await queue.claimChunk(START, DAY_MS) ?? {};
    assert(jobLease !== undefined);
    const row = (number: number) => ({ delivery: { job: { id, row: number } }, jobLease });
    const isTaken = rejected("job-row");
    assert.deepEqual(
      await acceptAll(bench, sender, [row(2), row(3), row(2)]),
      [ACCEPTED, ACCEPTED, isTaken],
    );
    assert.deepEqual(await acceptAll(bench, sender, [row(3), row(4)]), [isTaken, ACCEPTED]);
    const other = await bench.another();
    assert.deepEqual(await other.accepts.accept(newAccept(other, sender, row(4))), isTaken);
    const { id: otherId } = await createJob(store, sender, [1]);
    const another = { delivery: { job: { id: otherId, row: 2 } } };
    const { leaseToken } = await queue.claimChunk(START, DAY_MS) ?? {};
    assert(leaseToken !== undefined);
    assert.deepEqual(
      await acceptAll(bench, sender, [another, { ...another, jobLease }]),
      [isTaken, isTaken],
      "a row is accepted with the lease of its chunk only",
    );
    assert.deepEqual(
      await acceptAll(bench, sender, [{ ...another, jobLease: leaseToken }]),
      [ACCEPTED],
    );
    for (const table of ["notifications", "outbox", "events"]) {
      assert.equal(await countRows(bench.db, table), 4, table);
    }
    const [counted] = await bench.db.read([{
      sql: "SELECT rows FROM job_counts WHERE job_id = ? AND status = 'created'",
      args: [idBytes(id)],
    }]);
    assert.equal(Number(counted?.rows[0]?.["rows"]), 3);
  });

  test("acceptMany: single sends are delivered before batches", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const accepts = [true, true, false].map((inBatch) => newAccept(bench, sender, { inBatch }));
    await bench.accepts.acceptMany(accepts);
    const [list, next, single] = accepts.map(({ notification }) => notification.id);
    const order: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      const claimed = await bench.outbox.claim(START, capacityFor(1), 1_000);
      order.push(...claimed.map(({ notification }) => notification.id));
    }
    assert.deepEqual(order, [single, list, next]);
  });

  test("acceptMany and accept: leave notifications that are due later until then", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const delivery = { scheduledFor: START + 1_000, validUntil: START + 9_000, urgent: true };
    const plan = { dueAt: START + 1_000, delivery };
    const accept = newAccept(bench, sender, plan);
    assert.deepEqual(await bench.accepts.acceptMany([accept]), [ACCEPTED]);
    assert.deepEqual(await bench.accepts.accept(newAccept(bench, sender, plan)), ACCEPTED);
    assert.deepEqual((await bench.notifications.get(refOf(accept)))?.delivery, delivery);
    const due = async (now: number) =>
      (await bench.outbox.claim(now, capacityFor(9), 1_000)).length;
    assert.equal(await due(START + 999), 0);
    assert.equal(await due(START + 1_000), 2);
  });

  test("recallMany: returns the answers of used keys, in one round trip", async () => {
    await using bench = await openBench(backend);
    const [sender, other] = [await newSender(bench), await newSender(bench)];
    await acceptAll(bench, sender, [
      { idempotency: claim("1"), charges: [charge("day", 9)] },
      { idempotency: claim("2") },
    ]);
    const isolate = await bench.another();
    const recall = (now: number, serviceId = sender.serviceId) =>
      isolate.accepts.recallMany(serviceId, ["1", "01", "2", "2"], ["day", "none"], now);
    let recalled = await recall(START);
    const trips = await countWrites(bench, async () => recalled = await recall(START));
    assert.ok(trips <= 1);
    const answer = (text: string) => [text, { requestHash: "request", answer: text }] as const;
    assert.deepEqual(recalled.earlier, new Map([answer("1"), answer("2")]));
    assert.deepEqual(recalled.counters, new Map([["day", 1]]));
    assert.equal((await recall(START + DAY_MS)).earlier.size, 0);
    assert.equal((await recall(START, other.serviceId)).earlier.size, 0);
    const nothing = await isolate.accepts.recallMany(sender.serviceId, [], [], START);
    assert.deepEqual(nothing, { earlier: new Map(), counters: new Map() });
  });

  test("charge: uses all counters or none, exactly as often as the limit allows", async () => {
    await using bench = await openBench(backend);
    const [{ serviceId }, other] = [await newSender(bench), await newSender(bench)];
    const { accepts } = bench;
    assert.equal(await accepts.charge(serviceId, [charge("a", 5), charge("b", 0)]), false);
    const isolate = await bench.another();
    const results = await Promise.all(
      Array.from(
        { length: 12 },
        (_, index) =>
          (index % 2 === 0 ? accepts : isolate.accepts)
            .charge(serviceId, [charge("a", 5), charge("c", 99)]),
      ),
    );
    assert.equal(results.filter(Boolean).length, 5);
    const { counters } = await accepts.recall(serviceId, undefined, ["a", "b", "c"], START);
    assert.deepEqual(counters, new Map([["a", 5], ["c", 5]]));
    assert.equal(await accepts.charge(other.serviceId, [charge("a", 5)]), true);
    // Accepts and charges share the counters.
    assert.deepEqual(
      await acceptAll(bench, other, Array(5).fill({ charges: [charge("a", 5)] })),
      [ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, overLimit("a")],
    );
  });
}
