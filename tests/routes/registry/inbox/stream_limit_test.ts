import assert from "node:assert/strict";
import { createStreamLimit } from "../../../../routes/registry/inbox/stream_limit.ts";

function startLimit() {
  let now = 0;
  const limit = createStreamLimit({ most: 2, lostAfterMs: 90_000, elapsed: () => now });
  return { ...limit, advance: (ms: number) => void (now += ms) };
}

Deno.test("StreamLimit.acquire: refuses a person's streams above the limit, until one is released, once", () => {
  const { acquire } = startLimit();
  const [first] = [acquire("ann"), acquire("ann")];
  assert.equal(acquire("ann"), undefined);
  assert.notEqual(acquire("bob"), undefined);
  first?.release();
  first?.release();
  assert.notEqual(acquire("ann"), undefined);
  assert.equal(acquire("ann"), undefined);
});

Deno.test("StreamLimit.acquire: gives the place of a stream away that was not seen for long, and says so to it", () => {
  const { acquire, advance } = startLimit();
  const lost: string[] = [];
  acquire("ann")?.onLost(() => lost.push("gone"));
  const seen = acquire("ann");
  seen?.onLost(() => lost.push("seen"));
  advance(89_999);
  seen?.seen();
  assert.equal(acquire("ann"), undefined);
  advance(1);
  assert.notEqual(acquire("ann"), undefined);
  assert.deepEqual(lost, ["gone"]);
});

Deno.test("StreamLimit.acquire: loses the streams of people who do not come again", () => {
  const { acquire, advance } = startLimit();
  let lost = 0;
  acquire("ann")?.onLost(() => lost++);
  advance(90_000);
  acquire("bob");
  assert.equal(lost, 1);
});
