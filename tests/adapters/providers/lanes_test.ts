import assert from "node:assert/strict";
import { MAX_DIIA_CALLS } from "../../../adapters/providers/diia/client.ts";
import { createQueueWithConcurrency } from "../../../adapters/providers/shared/concurrency.ts";

Deno.test("createQueueWithConcurrency keeps the order of its items and runs no more at once than it has lanes", async () => {
  for (const count of [0, 1, MAX_DIIA_CALLS, MAX_DIIA_CALLS + 1, 20]) {
    let atOnce = 0;
    let most = 0;
    const items = Array.from({ length: count }, (_, index) => index);
    const results = await createQueueWithConcurrency(items, MAX_DIIA_CALLS, async (item) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      // The later they begin, the sooner they end.
      for (let turns = count - item; turns > 0; turns--) await Promise.resolve();
      atOnce -= 1;
      return `${item}`;
    });
    assert.deepEqual(results, items.map(String));
    assert.equal(most, Math.min(count, MAX_DIIA_CALLS));
  }
});

Deno.test("createQueueWithConcurrency rejects with what one of them rejected with", async () => {
  const run = (item: number) => item === 2 ? Promise.reject(new Error("two")) : Promise.resolve();
  await assert.rejects(createQueueWithConcurrency([1, 2, 3], 2, run), /two/);
});
