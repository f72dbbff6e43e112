import assert from "node:assert/strict";
import { createClock, localTime } from "../../adapters/clock.ts";
import { createClaimTime, MAX_LEASE_LENGTHS, MIN_STEP_MS } from "../../application/lease_time.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const LEASE_MS = 30_000;
const HOUR_MS = 3_600_000;

function startClaims({ isLocal }: { readonly isLocal: boolean }) {
  const clocks = { now: NOON, monotonic: 7.5 };
  const renewed: [endingAfter: number, until: number][] = [];
  const time = { ...localTime(() => clocks.now, () => clocks.monotonic), isLocal };
  const claimTime = createClaimTime(createClock(() => clocks.now, time), {
    renewLeases: (...lease) => Promise.resolve(void renewed.push(lease)),
  }, LEASE_MS);
  return {
    renewed,
    claimTime,
    /** Lets time pass, and sets the clock. */
    pass(ms: number, stepMs = 0) {
      clocks.now += ms + stepMs;
      clocks.monotonic += ms;
    },
  };
}

const OVERLONG = [NOON + MAX_LEASE_LENGTHS * LEASE_MS, NOON + LEASE_MS];

Deno.test("createClaimTime: the first claim by a machine's clock ends leases that no such clock has written", async () => {
  const { claimTime, renewed } = startClaims({ isLocal: true });
  assert.equal(await claimTime(), NOON);
  assert.deepEqual(renewed, [OVERLONG]);
});

Deno.test("createClaimTime: renews nothing while the time goes on, or steps by little", async () => {
  const { claimTime, renewed, pass } = startClaims({ isLocal: true });
  await claimTime();
  for (
    const [ms, stepMs] of [[500, 0], [2 * HOUR_MS, 0], [500, MIN_STEP_MS], [500, -MIN_STEP_MS]]
  ) {
    pass(ms ?? 0, stepMs);
    await claimTime();
  }
  assert.deepEqual(renewed, [OVERLONG]);
});

Deno.test("createClaimTime: renews the leases that stood when a machine's clock was set forward", async () => {
  for (const stepMs of [MIN_STEP_MS + 1, HOUR_MS]) {
    const { claimTime, renewed, pass } = startClaims({ isLocal: true });
    await claimTime();
    pass(500, stepMs);
    const now = NOON + 500 + stepMs;
    assert.equal(await claimTime(), now);
    assert.deepEqual(renewed, [OVERLONG, [NOON + 500, now + LEASE_MS]]);
    pass(500);
    await claimTime();
    assert.equal(renewed.length, 2, "once");
  }
});

Deno.test("createClaimTime: renews all leases when the time was set back, a machine's or a database's", async () => {
  for (const isLocal of [true, false]) {
    const { claimTime, renewed, pass } = startClaims({ isLocal });
    await claimTime();
    pass(500, -2 * HOUR_MS);
    const now = NOON + 500 - 2 * HOUR_MS;
    assert.equal(await claimTime(), now);
    assert.deepEqual(renewed.at(-1), [now, now + LEASE_MS]);
    assert.equal(renewed.length, isLocal ? 2 : 1);
  }
});

Deno.test("createClaimTime: renews nothing when a database's time has gone on without this process", async () => {
  const { claimTime, renewed, pass } = startClaims({ isLocal: false });
  await claimTime();
  pass(500, HOUR_MS);
  await claimTime();
  assert.deepEqual(renewed, []);
});

Deno.test("createClaimTime: tries again when leases could not be renewed", async () => {
  let fails = true;
  const claimTime = createClaimTime(createClock(() => NOON, localTime(() => NOON, () => 0)), {
    renewLeases: () => fails ? Promise.reject(new Error("away")) : Promise.resolve(),
  }, LEASE_MS);
  await assert.rejects(claimTime());
  fails = false;
  assert.equal(await claimTime(), NOON);
});
