import assert from "node:assert/strict";
import {
  LANE,
  type Lane,
  LANES,
  MAX_UNDECRYPTABLE_CLAIM,
  shareClaim,
} from "../../../domain/delivery/lanes.ts";

const { single, bulk, awaiting, undecryptable } = LANE;

/** The lanes of the next rows, claimed one by one. */
function claimOneByOne(lanes: readonly Lane[], rows: number): readonly Lane[] {
  return Array.from(
    { length: rows },
    (_, before) => [...shareClaim(new Set(lanes), 1, before).keys()],
  ).flat();
}

Deno.test("shareClaim: gives every row to the only lane that is due", () => {
  for (const lane of [single, bulk, awaiting]) {
    assert.deepEqual([...shareClaim(new Set([lane]), 64, 7)], [[lane, 64]]);
  }
  assert.deepEqual([...shareClaim(new Set(), 64, 7)], []);
});

Deno.test("shareClaim: gives one row to jobs among any eight, and the others to single sends", () => {
  const rows = claimOneByOne([single, bulk], 200);
  for (let at = 0; at + 8 <= rows.length; at++) {
    const eight = rows.slice(at, at + 8);
    assert.equal(eight.filter((lane) => lane === bulk).length, 1);
    assert.equal(eight.filter((lane) => lane === single).length, 7);
  }
  assert.equal(rows[0], single);
});

Deno.test("shareClaim: starves no lane when all are due", () => {
  const rows = claimOneByOne(LANES, 64);
  const count = (wanted: Lane) => rows.filter((lane) => lane === wanted).length;
  assert.deepEqual(LANES.map(count), [51, 8, 4, 1]);
});

Deno.test("shareClaim: shares a large claim as many small ones", () => {
  const rows = claimOneByOne(LANES, 200).slice(11);
  const counts = shareClaim(new Set(LANES), 189, 11);
  for (const lane of LANES) {
    assert.equal(counts.get(lane), rows.filter((other) => other === lane).length);
  }
});

Deno.test("shareClaim: takes no more than MAX_UNDECRYPTABLE_CLAIM undecryptable rows", () => {
  const claim = (limit: number) =>
    shareClaim(new Set([undecryptable]), limit, 0).get(undecryptable);
  assert.equal(claim(MAX_UNDECRYPTABLE_CLAIM), MAX_UNDECRYPTABLE_CLAIM);
  assert.equal(claim(MAX_UNDECRYPTABLE_CLAIM + 1), MAX_UNDECRYPTABLE_CLAIM);
});
