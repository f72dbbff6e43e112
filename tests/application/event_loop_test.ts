import assert from "node:assert/strict";
import { startTimeSlice, TIME_SLICE_MS, TIME_SLICE_STEPS } from "../../application/event_loop.ts";

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
