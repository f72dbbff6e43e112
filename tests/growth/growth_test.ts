import assert from "node:assert/strict";
import { openStepCounter } from "../support/step_counter.ts";
import { ALL_GROWTH } from "./all_growth.ts";
import { GROWTH } from "./growth_case.ts";

/** Work of n log n steps stays below; quadratic work takes four times as many. */
const MAX_GROWTH = 2 * GROWTH;

// Starting it makes V8 compile every function anew, so the tests share one.
const counter = await openStepCounter();
Deno.test.afterAll(() => counter[Symbol.dispose]());

for (const { symbol, grows, size, prepare } of ALL_GROWTH) {
  Deno.test(`${symbol}: steps grow linearly with ${grows}`, async () => {
    // The first call fills tables that later calls reuse.
    prepare(size / 2)();
    const small = await counter.count(prepare(size));
    const large = await counter.count(prepare(size * GROWTH));
    assert.ok(small > 0);
    assert.ok(large <= small * MAX_GROWTH, `${small} steps, then ${large}`);
  });
}

Deno.test("openStepCounter: tells quadratic work from linear work", async () => {
  const linear = (size: number) => {
    for (let i = 0; i < size; i++);
  };
  const quadratic = (size: number) => {
    for (let i = 0; i < size; i++) linear(i);
  };
  const growthOf = async (work: (size: number) => void) =>
    await counter.count(() => work(200 * GROWTH)) / await counter.count(() => work(200));
  assert.ok(await growthOf(linear) <= MAX_GROWTH);
  assert.ok(await growthOf(quadratic) > MAX_GROWTH);
});
