import assert from "node:assert/strict";
import { createReceiptStore } from "../../adapters/libsql/notifications/receipts.ts";
import { createRetention } from "../../adapters/libsql/notifications/retention.ts";
import { createUpkeepLeases } from "../../adapters/libsql/upkeep/upkeep_leases.ts";
import {
  createUpkeep,
  SWEEP_AFTER_MS,
  UPKEEP_REST_MS,
  UPKEEP_STEP,
} from "../../application/upkeep.ts";
import { idleWork } from "./idle_work.ts";
import { runLoop } from "../../application/background/loop.ts";
import { createClock } from "../../adapters/clock.ts";
import { BACKENDS } from "../contracts/backends.ts";
import {
  accepted,
  type Bench,
  claimOne,
  countRows,
  DAY_MS,
  newSender,
  openBench,
  startAndAccept,
} from "../contracts/isolate.ts";

async function openUpkeepBench(): Promise<Bench> {
  const [backend] = BACKENDS;
  if (backend === undefined) throw new Error("no backend");
  return await openBench(backend);
}

const never = () => new AbortController().signal;

function upkeepOf(bench: Bench, ports: Partial<Parameters<typeof createUpkeep>[0]> = {}) {
  return createUpkeep({ ...bench, leases: createUpkeepLeases(bench.db, bench.clock), ...ports });
}

/** Accepts notifications and brings them to their end, so that retention may delete them. */
async function expire(bench: Bench, count: number): Promise<void> {
  const sender = await newSender(bench);
  for (let i = 0; i < count; i++) await accepted(bench, sender);
  await bench.db.write(["DELETE FROM outbox"]);
  bench.time.now += 30 * DAY_MS;
}

Deno.test("createUpkeep: deletes all that has expired, and applies a receipt behind 250 unknown ones", async () => {
  await using bench = await openUpkeepBench();
  await expire(bench, UPKEEP_STEP + 1);
  const ref = await accepted(bench, await newSender(bench));
  await startAndAccept(bench, await claimOne(bench), "z");
  const keep = (messageId: string) => ({
    sql: `INSERT INTO receipts (provider, mark, message_id, kind, received_at)
      VALUES ('post', ?, ?, 'delivered', ?)`,
    args: [messageId, messageId, bench.time.now],
  });
  await bench.db.write([...Array.from({ length: 250 }, (_, i) => keep(`a${i}`)), keep("z")]);
  bench.time.now += SWEEP_AFTER_MS + 1;
  await upkeepOf(bench)(never());
  assert.equal((await bench.notifications.get(ref))?.status, "delivered");
  assert.equal(await countRows(bench.db, "notifications"), 1);
});

Deno.test("createUpkeep: does nothing while another process has the leases, and takes them when they expire", async () => {
  await using bench = await openUpkeepBench();
  await expire(bench, 1);
  const leases = createUpkeepLeases(bench.db, bench.clock);
  for (const task of ["receipts", "retention"] as const) {
    await leases.acquire(task, bench.time.now, 1_000);
  }
  await upkeepOf(bench)(never());
  assert.equal(await countRows(bench.db, "notifications"), 1);
  bench.time.now += 1_000;
  await upkeepOf(bench)(never());
  assert.equal(await countRows(bench.db, "notifications"), 0);
});

Deno.test("createUpkeep: stops when the signal aborts, and the next one goes on from there", async () => {
  await using bench = await openUpkeepBench();
  const stop = new AbortController();
  const positions: (string | undefined)[] = [];
  const sweepUntil = (end: number) => ({
    sweep: (_before: number, _limit: number, _now: number, after?: string) => {
      positions.push(after);
      const next = Number(after ?? 0) + 1;
      if (next === 2) stop.abort();
      return Promise.resolve(next === end ? undefined : String(next));
    },
  });
  await upkeepOf(bench, { receipts: sweepUntil(4) })(stop.signal);
  assert.deepEqual(positions, [undefined, "1"]);
  await upkeepOf(bench, { receipts: sweepUntil(4) })(never());
  assert.deepEqual(positions, [undefined, "1", "2", "3"]);
  bench.time.now += UPKEEP_REST_MS;
  await upkeepOf(bench, { receipts: sweepUntil(1) })(never());
  assert.deepEqual(positions.at(-1), undefined, "from the beginning, when all are done");
});

Deno.test("createUpkeep: skips what was done less than the rest ago, and goes on with what has something left", async () => {
  await using bench = await openUpkeepBench();
  const stop = new AbortController();
  const calls: string[] = [];
  const runOnce = (signal: AbortSignal, isAborted = false) =>
    upkeepOf(bench, {
      receipts: {
        sweep() {
          calls.push("receipts");
          return Promise.resolve(undefined);
        },
      },
      retention: {
        purge() {
          calls.push("retention");
          if (isAborted) stop.abort();
          return Promise.resolve(isAborted ? 1 : 0);
        },
      },
    })(signal, UPKEEP_REST_MS);
  const callsOf = async (run: Promise<void>) => {
    await run;
    return calls.splice(0).sort();
  };
  assert.deepEqual(await callsOf(runOnce(stop.signal, true)), ["receipts", "retention"]);
  assert.deepEqual(await callsOf(runOnce(never())), ["retention"], "its rows were left");
  bench.time.now += UPKEEP_REST_MS - 1;
  assert.deepEqual(await callsOf(runOnce(never())), []);
  bench.time.now += 1;
  assert.deepEqual(await callsOf(runOnce(never())), ["receipts", "retention"]);
});

Deno.test("createUpkeep: deletes although the receipts fail, and tells the failure", async () => {
  await using bench = await openUpkeepBench();
  await expire(bench, 1);
  const receipts = { sweep: () => Promise.reject(new TypeError("broken")) };
  await assert.rejects(upkeepOf(bench, { receipts })(never()), TypeError);
  assert.equal(await countRows(bench.db, "notifications"), 0);
  await upkeepOf(bench)(never());
});

Deno.test("createUpkeep: writes with low priority only, so that the database does not count as busy", async () => {
  await using bench = await openUpkeepBench();
  await expire(bench, 1);
  const refuse = () => Promise.reject(new Error("a foreground call"));
  const db = { ...bench.db, write: refuse, read: refuse };

  await createUpkeep({
    clock: bench.clock,
    leases: createUpkeepLeases(db, bench.clock),
    retention: createRetention(db),
    receipts: createReceiptStore(db),
  })(never());
  assert.equal(await countRows(bench.db, "notifications"), 0);
});

Deno.test("runLoop: dispatches while the upkeep goes on, however long that takes", async () => {
  const stop = new AbortController();
  const gate = Promise.withResolvers<void>();
  let dispatches = 0;
  await runLoop(
    idleWork({
      nextDueAt: () => Promise.resolve(0),
      dispatch() {
        if (++dispatches === 3) {
          stop.abort();
          gate.resolve();
        }
        return Promise.resolve({ claimed: 0, ended: Promise.resolve(0) });
      },
      purge(_signal, restMs) {
        assert.equal(restMs, UPKEEP_REST_MS);
        return gate.promise;
      },
    }),
    { clock: createClock(() => 0), log: () => {}, signal: stop.signal },
  );
  assert.equal(dispatches, 3);
});

Deno.test("runLoop: claims nothing while nothing is due", async () => {
  const stop = new AbortController();
  let polls = 0;
  await runLoop(
    idleWork({
      nextDueAt() {
        if (++polls === 3) stop.abort();
        return Promise.resolve(polls === 1 ? undefined : 10);
      },
      dispatch: () => Promise.reject(new Error("it was dispatched")),
    }),
    { clock: createClock(() => 9), log: () => assert.fail(), signal: stop.signal },
  );
  assert.equal(polls, 3);
});
