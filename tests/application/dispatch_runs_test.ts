import assert from "node:assert/strict";
import {
  createDispatchRuns,
  MAX_DISPATCH_CALLS,
  MAX_DISPATCH_RUN_MS,
} from "../../application/dispatch_runs.ts";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import type { BackgroundWork } from "../../application/background/background_work.ts";
import { idleWork } from "./idle_work.ts";

const DONE = { kind: "done", claimed: 0, sent: 0, more: false };

function newRuns(work: BackgroundWork, elapsed: () => number, stopping?: AbortSignal) {
  return createDispatchRuns({
    work,
    reachStore: () => Promise.resolve(),
    clock: { now: () => 1_000 },
    log: () => {},
    elapsed,
    stopping,
  });
}

Deno.test("createDispatchRuns: allows 60 calls a minute, and says when the next is allowed", async () => {
  let now = 5_000;
  const run = newRuns(idleWork(), () => now);
  for (let call = 0; call < MAX_DISPATCH_CALLS; call++) assert.deepEqual(await run(), DONE);
  now += MINUTE_MS - 1;
  assert.deepEqual(await run(), { kind: "limited", retryAfterS: 1 });
  now -= MINUTE_MS - 1;
  assert.deepEqual(await run(), { kind: "limited", retryAfterS: 60 });
  now += MINUTE_MS;
  assert.deepEqual(await run(), DONE);
});

Deno.test("createDispatchRuns: runs once at a time, and a run whose end was not noticed counts for a minute", async () => {
  let now = 0;
  const gate = Promise.withResolvers<number>();
  const dispatch = () => Promise.resolve({ claimed: 1, ended: gate.promise });
  const run = newRuns(idleWork({ dispatch }), () => now);
  const first = run();
  assert.deepEqual(await run(), { kind: "running" });
  now += MAX_DISPATCH_RUN_MS - 1;
  assert.deepEqual(await run(), { kind: "running" });
  now += 1;
  const second = run();
  gate.resolve(1);
  const done = { ...DONE, claimed: 2, sent: 2 };
  assert.deepEqual(await Promise.all([first, second]), [done, done]);
  assert.deepEqual(await run(), done);
});

Deno.test("createDispatchRuns: says that there is more when a message is due or the time was up", async () => {
  const due = newRuns(idleWork({ nextDueAt: () => Promise.resolve(1_000) }), () => 0);
  assert.deepEqual(await due(), { ...DONE, more: true });
  const later = newRuns(idleWork({ nextDueAt: () => Promise.resolve(1_001) }), () => 0);
  assert.deepEqual(await later(), DONE);
  const left = newRuns(idleWork({ runJobs: () => Promise.resolve({ more: true }) }), () => 0);
  assert.deepEqual(await left(), { ...DONE, more: true });
});

Deno.test("createDispatchRuns: says that the work failed, and runs again afterwards", async () => {
  for (
    const failing of [
      { dispatch: () => Promise.reject(new Error("away")) },
      {
        dispatch: () =>
          Promise.resolve({ claimed: 0, ended: Promise.resolve(0), failure: new Error("away") }),
      },
      { runJobs: () => Promise.reject(new Error("away")) },
      { nextDueAt: () => Promise.reject(new Error("away")) },
    ]
  ) {
    const run = newRuns(idleWork(failing), () => 0);
    assert.deepEqual(await run(), { kind: "failed" });
    assert.deepEqual(await run(), { kind: "failed" });
  }
});
