import assert from "node:assert/strict";
import {
  runInSlices,
  startTimeSlice,
  TIME_SLICE_MS,
  TIME_SLICE_STEPS,
} from "../../application/event_loop.ts";

Deno.test("startTimeSlice: is over when the steps have taken their time", () => {
  let now = 0;
  const isTime = startTimeSlice(() => now);
  now = TIME_SLICE_MS - 1;
  assert.equal(isTime(), false);
  now = TIME_SLICE_MS;
  assert.equal(isTime(), true);
  assert.equal(isTime(), false);
  now = 3 * TIME_SLICE_MS;
  assert.equal(isTime(), true);
});

Deno.test("startTimeSlice: is over after a number of steps when the clock stands still", () => {
  const isTime = startTimeSlice(() => 0);
  const yields = Array.from({ length: 2 * TIME_SLICE_STEPS }, isTime);
  assert.deepEqual(yields.flatMap((yielded, at) => yielded ? [at + 1] : []), [
    TIME_SLICE_STEPS,
    2 * TIME_SLICE_STEPS,
  ]);
});

function* countTo(steps: number): Generator<void, number> {
  for (let step = 0; step < steps; step++) yield;
  return steps;
}

Deno.test("runInSlices: returns the result, and yields to the event loop at the end of each slice", async () => {
  let yields = 0;
  const timer = setInterval(() => yields++, 0);
  const startSlice = () => startTimeSlice(() => 0);
  assert.equal(await runInSlices(countTo(TIME_SLICE_STEPS - 1), undefined, startSlice), 511);
  assert.equal(yields, 0);
  assert.equal(await runInSlices(countTo(10 * TIME_SLICE_STEPS), undefined, startSlice), 5_120);
  clearInterval(timer);
  assert.ok(yields > 0);
});

Deno.test("runInSlices: throws an AbortError at the end of a slice when the signal is aborted", async () => {
  const abort = new AbortController();
  let steps = 0;
  function* endless(): Generator<void, never> {
    for (;; steps++) {
      if (steps === 1) abort.abort(new Error("left"));
      yield;
    }
  }
  await assert.rejects(runInSlices(endless(), abort.signal), { name: "AbortError" });
  assert.ok(steps <= TIME_SLICE_STEPS);
});
