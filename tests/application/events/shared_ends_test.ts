import assert from "node:assert/strict";
import { createSharedEnds, END_STEP_MS } from "../../../application/events/shared_ends.ts";

/** Runs with timers that the test fires. */
function withTimers(run: (timers: { readonly ms: number; fire(): void }[]) => void): void {
  const { setTimeout, clearTimeout } = globalThis;
  const timers: { ms: number; fire(): void }[] = [];
  const cleared = new Set<unknown>();
  try {
    globalThis.setTimeout = Object.assign((fire: () => void, ms: number) => {
      const id = timers.length + 1;
      timers.push({ ms, fire: () => cleared.has(id) || fire() });
      return id;
    }, setTimeout);
    globalThis.clearTimeout = (id) => void cleared.add(id);
    run(timers);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

Deno.test("createSharedEnds: long waits share a timer and end up to a step earlier; one that was cancelled does not end", () => {
  withTimers((timers) => {
    const ends = createSharedEnds();
    const ended: number[] = [];
    const cancel = Array.from({ length: 200 }, (_, i) => ends.after(30_000, () => ended.push(i)));
    // The loop may begin just before a step.
    assert.ok(timers.length <= 2, `${timers.length} timers`);
    assert.ok(timers.every(({ ms }) => ms > 30_000 - 2 * END_STEP_MS && ms <= 30_000));
    cancel[7]?.();
    for (const { fire } of timers) fire();
    assert.deepEqual(ended, cancel.map((_, i) => i).filter((i) => i !== 7));
    for (const each of cancel) each();
    ends.after(30_000, () => ended.push(200));
    timers.at(-1)?.fire();
    assert.equal(ended.at(-1), 200);
  });
});

Deno.test("createSharedEnds: a wait below 10 seconds ends on time, by itself", () => {
  withTimers((timers) => {
    const ends = createSharedEnds();
    const ended: number[] = [];
    ends.after(9_999, () => ended.push(1));
    const cancel = ends.after(9_999, () => ended.push(2));
    cancel();
    assert.deepEqual(timers.map(({ ms }) => ms), [9_999, 9_999]);
    for (const { fire } of timers) fire();
    assert.deepEqual(ended, [1]);
    ends.after(10_000, () => {});
    assert.ok(
      (timers.at(-1)?.ms ?? 0) > 10_000 - END_STEP_MS && (timers.at(-1)?.ms ?? 0) <= 10_000,
    );
  });
});

Deno.test("createSharedEnds: when all waits of a step are cancelled, its timer does not fire", () => {
  withTimers((timers) => {
    const ends = createSharedEnds();
    let count = 0;
    ends.after(30_000, () => count++)();
    timers[0]?.fire();
    assert.equal(count, 0);
    ends.after(30_000, () => count++);
    assert.equal(timers.length, 2);
    timers[1]?.fire();
    assert.equal(count, 1);
  });
});
