import assert from "node:assert/strict";
import { createInvocation, runInvocation } from "../../../../adapters/invocation/invocation.ts";
import { PLAN_LIMITS } from "../../../../adapters/invocation/plans.ts";
import { type Database, openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import {
  MAX_CLOCK_STEP_MS,
  MAX_HOLD_MS,
  MAX_SAMPLE_AGE_MS,
  READ_SAMPLE_INTERVAL_MS,
  SELECT_TIME,
} from "../../../../adapters/libsql/connection/database_time.ts";
import { createHrana, type Hrana } from "../../../support/hrana.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3_600_000;

/** A server and a machine, each with clocks that the test sets. */
interface Skewed extends AsyncDisposable {
  readonly hrana: Hrana;
  readonly clocks: { database: number; wall: number; monotonic: number };
  readonly db: Database;
  /** Lets time pass for all clocks. */
  pass(ms: number): void;
  /** The statements that read the time since the last call. */
  samples(): number;
}

async function openSkewed(
  { skewMs = 0, clientPerCall = false }: {
    readonly skewMs?: number;
    readonly clientPerCall?: boolean;
  } = {},
): Promise<Skewed> {
  const clocks = { database: NOON, wall: NOON + skewMs, monotonic: 5_000 };
  const hrana = createHrana(":memory:", { clock: () => clocks.database, logStatements: true });
  const db = await openDatabase({
    url: "http://db.internal",
    fetch: hrana.fetch,
    clientPerCall,
    machine: { wall: () => clocks.wall, monotonic: () => clocks.monotonic },
  });
  return {
    hrana,
    clocks,
    db,
    pass(ms) {
      clocks.database += ms;
      clocks.wall += ms;
      clocks.monotonic += ms;
    },
    samples() {
      const count = hrana.statements.filter((sql) => sql === SELECT_TIME).length;
      hrana.resetCount();
      return count;
    },
    async [Symbol.asyncDispose]() {
      db.close();
      await hrana.close();
    },
  };
}

for (const skewMs of [-HOUR_MS, -25_000, -1_000, 1_000, 25_000, 60_000, HOUR_MS]) {
  Deno.test(`Database.time: is the database's when this machine's clock is off by ${skewMs} ms`, async () => {
    await using skewed = await openSkewed({ skewMs });
    const { db: { time }, clocks, pass } = skewed;
    assert.equal(time.now(), clocks.wall, "before the first call");
    assert.equal(time.skewMs(), 0);
    await skewed.db.read(["SELECT 1"]);
    assert.equal(time.now(), NOON);
    pass(90_000);
    assert.equal(time.now(), NOON + 90_000);
    assert.equal(Math.abs(time.skewMs() - skewMs) <= 1, true);
  });
}

Deno.test("Database.time: of an embedded database is this machine's", async () => {
  const db = await openDatabase({ url: ":memory:" });
  const before = Date.now();
  const now = db.time.now();
  assert(before <= now && now <= Date.now());
  assert.equal(db.time.skewMs(), 0);
  await db.time.ready();
  db.close();
});

Deno.test("Database.read and write: return the results of their own statements", async () => {
  await using skewed = await openSkewed();
  const { db } = skewed;
  const written = await db.write(["CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (7)"]);
  assert.equal(written.length, 2);
  const read = await db.background.read(["SELECT n FROM t"]);
  assert.deepEqual(read.map(({ rows }) => rows.map(({ n }) => n)), [[7]]);
});

Deno.test("Database.time: every write reads it, and reads at most once a second", async () => {
  await using skewed = await openSkewed();
  const { db, pass, samples } = skewed;
  await db.write(["CREATE TABLE t (n INTEGER)"]);
  await db.background.write(["INSERT INTO t VALUES (7)"]);
  assert.equal(samples(), 2);
  await db.read(["SELECT n FROM t"]);
  pass(READ_SAMPLE_INTERVAL_MS - 1);
  await db.read(["SELECT n FROM t"]);
  assert.equal(samples(), 0);
  pass(1);
  await db.read(["SELECT n FROM t"]);
  await db.read(["SELECT n FROM t"]);
  assert.equal(samples(), 1);
});

Deno.test("Database.time.ready: takes a sample when the last one is too old, and no other", async () => {
  await using skewed = await openSkewed();
  const { db, hrana, pass } = skewed;
  await db.time.ready();
  assert.equal(hrana.roundTrips, 1, "the first");
  pass(MAX_SAMPLE_AGE_MS - 1);
  await db.time.ready();
  assert.equal(hrana.roundTrips, 1);
  pass(1);
  await Promise.all([db.time.ready(), db.time.ready(), db.time.ready()]);
  assert.equal(hrana.roundTrips, 2, "one for all who wait");
});

Deno.test("Database.time.ready: takes a sample for each invocation, which waits for that of no other one", async () => {
  await using skewed = await openSkewed({ clientPerCall: true });
  const ready = () => Promise.all([skewed.db.time.ready(), skewed.db.time.ready()]);
  await Promise.all(
    [1, 2].map(() => runInvocation(createInvocation("request", PLAN_LIMITS.paid), ready)),
  );
  assert.equal(skewed.hrana.roundTrips, 2);
});

Deno.test("Database.time: does not move when this machine's clock is set", async () => {
  for (const stepMs of [-2 * HOUR_MS, MAX_CLOCK_STEP_MS + 1, 2 * HOUR_MS]) {
    await using skewed = await openSkewed();
    const { db: { time }, clocks, hrana } = skewed;
    await time.ready();
    clocks.wall += stepMs;
    assert.equal(time.now(), NOON);
    await time.ready();
    assert.equal(hrana.roundTrips, 2, "asked again, to be sure");
    assert.equal(time.now(), NOON);
    await time.ready();
    assert.equal(hrana.roundTrips, 2, "once");
    assert.equal(Math.abs(time.skewMs() - stepMs) <= 1, true);
  }
});

Deno.test("Database.time.ready: a small step of this machine's clock costs no round trip", async () => {
  await using skewed = await openSkewed();
  await skewed.db.time.ready();
  skewed.clocks.wall += MAX_CLOCK_STEP_MS;
  await skewed.db.time.ready();
  assert.equal(skewed.hrana.roundTrips, 1);
});

Deno.test("Database.time: is right after the machine was suspended, whether or not its clocks tell", async () => {
  for (const wallMs of [0, 2 * HOUR_MS]) {
    await using skewed = await openSkewed();
    const { db, clocks } = skewed;
    await db.write(["CREATE TABLE t (n INTEGER)"]);
    clocks.database += 2 * HOUR_MS;
    clocks.wall += wallMs;
    // A write that a suspended process sends when it goes on: after it the process knows whether its lease has ended.
    await db.write(["INSERT INTO t VALUES (1)"]);
    assert.equal(db.time.now(), NOON + 2 * HOUR_MS);
  }
});

Deno.test("Database.time: stands still during a small correction backwards, and follows a large one", async () => {
  const cases = [
    { backMs: MAX_HOLD_MS, shown: 0, later: 0 },
    { backMs: MAX_HOLD_MS + 1, shown: -MAX_HOLD_MS - 1, later: -1 },
  ];
  for (const { backMs, shown, later } of cases) {
    await using skewed = await openSkewed();
    const { db: { write, time }, clocks, pass } = skewed;
    await write(["CREATE TABLE t (n INTEGER)"]);
    assert.equal(time.now(), NOON);
    clocks.database -= backMs;
    await write(["INSERT INTO t VALUES (1)"]);
    assert.equal(time.now(), NOON + shown);
    pass(MAX_HOLD_MS);
    assert.equal(time.now(), NOON + later);
    pass(1);
    assert.equal(time.now(), NOON + later + 1);
  }
});

Deno.test("Database.time.ready: fails when the database cannot be reached", async () => {
  await using skewed = await openSkewed();
  skewed.hrana.failNext(500);
  await assert.rejects(skewed.db.time.ready());
  await skewed.db.time.ready();
});
