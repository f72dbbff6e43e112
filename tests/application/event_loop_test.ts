import assert from "node:assert/strict";
import { startWork, WORK_MS, WORK_STEPS } from "../../application/event_loop.ts";

Deno.test("startWork gives others their turn by the time that steps take", () => {
  let now = 0;
  const isTime = startWork(() => now);
  now = WORK_MS - 1;
  assert.equal(isTime(), false);
  now = WORK_MS;
  assert.equal(isTime(), true);
  assert.equal(isTime(), false);
  now = 3 * WORK_MS;
  assert.equal(isTime(), true);
});

Deno.test("startWork gives others their turn after so many steps where time stands still", () => {
  const isTime = startWork(() => 0);
  const turns = Array.from({ length: 2 * WORK_STEPS }, isTime);
  assert.deepEqual(turns.flatMap((turn, at) => turn ? [at + 1] : []), [WORK_STEPS, 2 * WORK_STEPS]);
});
