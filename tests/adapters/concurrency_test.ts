import assert from "node:assert/strict";
import { MAX_DIIA_CALLS } from "../../adapters/providers/diia/client.ts";
import { mapLimit, mapLimitSettled } from "../../adapters/concurrency.ts";

Deno.test("mapLimit: keeps the order of the items and runs no more at once than the limit", async () => {
  for (const count of [0, 1, MAX_DIIA_CALLS, MAX_DIIA_CALLS + 1, 20]) {
    let atOnce = 0;
    let most = 0;
    const items = Array.from({ length: count }, (_, index) => index);
    const results = await mapLimit(items, MAX_DIIA_CALLS, async (item) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      // The later they begin, the sooner they end.
      for (let yields = count - item; yields > 0; yields--) await Promise.resolve();
      atOnce -= 1;
      return `${item}`;
    });
    assert.deepEqual(results, items.map(String));
    assert.equal(most, Math.min(count, MAX_DIIA_CALLS));
  }
});

Deno.test("mapLimit: rejects with the first rejection of its items, when all have ended", async () => {
  const run = (item: number) => item === 2 ? Promise.reject(new Error("two")) : Promise.resolve();
  await assert.rejects(mapLimit([1, 2, 3], 2, run), /two/);
});

Deno.test("mapLimitSettled: gives every outcome in order, and asks for the limit again before each call", async () => {
  let limit = 1;
  let inFlight = 0;
  const seen: number[] = [];
  const results = await mapLimitSettled([0, 1, 2, 3, 4, 5], () => limit, async (item) => {
    seen.push(++inFlight);
    await Promise.resolve();
    if (item === 1) limit = 3;
    inFlight--;
    if (item === 4) throw new Error("four");
    return item;
  });
  assert.deepEqual(results.map(({ status }) => status === "fulfilled"), [
    true,
    true,
    true,
    true,
    false,
    true,
  ]);
  assert.deepEqual([seen[0], seen[1], Math.max(...seen)], [1, 1, 3]);
});
