import assert from "node:assert/strict";
import { checkUse, mostOf } from "./invocation_use.ts";

const AT_EDGE = { connections: 6, subrequests: { paid: 10_000, free: 50 }, heapMb: 100 };

Deno.test("checkUse: is within the limits at each of them, and not when one figure is above", () => {
  assert.deepEqual(checkUse(AT_EDGE), {
    text: "the most of an invocation, connections 6 of 6, subrequests 10000 of 10000, " +
      "subrequests 50 of 50, heap 100.0 MB of 100",
    isWithin: true,
  });
  for (
    const over of [
      { connections: 7 },
      { subrequests: { paid: 10_001 } },
      { subrequests: { free: 51 } },
      { heapMb: 100.1 },
    ]
  ) {
    assert.equal(checkUse({ ...AT_EDGE, ...over }).isWithin, false);
  }
});

Deno.test("mostOf: returns the largest of each figure, of subrequests for each plan", () => {
  assert.deepEqual(
    mostOf([
      { connections: 2, subrequests: { paid: 60 }, heapMb: 10 },
      { connections: 1, subrequests: { free: 40 }, heapMb: 30 },
      { connections: 1, subrequests: { paid: 70 }, heapMb: 20 },
    ]),
    { connections: 2, subrequests: { paid: 70, free: 40 }, heapMb: 30 },
  );
});
