/** Pages of lists. */
import assert from "node:assert/strict";
import { pageOf } from "../../../routes/web/components/page_of_rows.ts";
import { test } from "../../support/runner.ts";

const keyOf = (row: number) => row;

test.inside("pageOf: takes the rows that a page shows, and the keys of its neighbours", () => {
  const newest = pageOf([9, 8, 7], { size: 2, position: {}, keyOf });
  assert.deepEqual(newest, { rows: [9, 8], newerThan: undefined, olderThan: 8 });
  const only = pageOf([9, 8], { size: 2, position: {}, keyOf });
  assert.deepEqual(only, { rows: [9, 8], newerThan: undefined, olderThan: undefined });
  const middle = pageOf([7, 6, 5], { size: 2, position: { olderThan: 8 }, keyOf });
  assert.deepEqual(middle, { rows: [7, 6], newerThan: 7, olderThan: 6 });
  const oldest = pageOf([5], { size: 2, position: { olderThan: 6 }, keyOf });
  assert.deepEqual(oldest, { rows: [5], newerThan: 5, olderThan: undefined });
});

test.inside("pageOf: takes the rows next to a key when it goes to newer ones", () => {
  const position = { newerThan: 5 };
  const middle = pageOf([8, 7, 6], { size: 2, position, keyOf });
  assert.deepEqual(middle, { rows: [7, 6], newerThan: 7, olderThan: 6 });
  const newest = pageOf([7, 6], { size: 2, position, keyOf });
  assert.deepEqual(newest, { rows: [7, 6], newerThan: undefined, olderThan: 6 });
  const none = pageOf([], { size: 2, position, keyOf });
  assert.deepEqual(none, { rows: [], newerThan: undefined, olderThan: undefined });
});
