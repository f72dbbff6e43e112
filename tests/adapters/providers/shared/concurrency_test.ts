import assert from "node:assert/strict";
import { MAX_DIIA_CALLS } from "../../../../adapters/providers/diia/client.ts";
import { mapWithConcurrency } from "../../../../adapters/providers/shared/concurrency.ts";

Deno.test("mapWithConcurrency: keeps the order of its items and the bound on calls in flight", async () => {
  for (const count of [0, 1, MAX_DIIA_CALLS, MAX_DIIA_CALLS + 1, 20]) {
    let atOnce = 0;
    let most = 0;
    const items = Array.from({ length: count }, (_, index) => index);
    const results = await mapWithConcurrency(items, MAX_DIIA_CALLS, async (item) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      // Later calls end earlier.
      for (let turns = count - item; turns > 0; turns--) await Promise.resolve();
      atOnce -= 1;
      return `${item}`;
    });
    assert.deepEqual(results, items.map(String));
    assert.equal(most, Math.min(count, MAX_DIIA_CALLS));
  }
});

Deno.test("mapWithConcurrency: rejects with the error of a call", async () => {
  const run = (item: number) => item === 2 ? Promise.reject(new Error("two")) : Promise.resolve();
  await assert.rejects(mapWithConcurrency([1, 2, 3], 2, run), /two/);
});
