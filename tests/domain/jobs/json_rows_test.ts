import assert from "node:assert/strict";
import {
  CSV_MAX_CELL,
  CSV_MAX_COLUMNS,
  CSV_MAX_ROW,
  CSV_MAX_ROWS,
} from "../../../domain/csv/limits.ts";
import { JSON_MAX_CELLS, readJsonRows as readInSteps } from "../../../domain/jobs/json_rows.ts";
import { runSteps } from "../../../domain/steps/steps.ts";

const readJsonRows = (rows: unknown) => runSteps(readInSteps(rows));

Deno.test("readJsonRows: reads arrays and objects, with text, numbers, booleans and null as cells", () => {
  const lists = [["a", "b"], ["x", 7], [null, true, "beyond"]];
  assert.deepEqual(readJsonRows(lists), {
    ok: true,
    value: [["a", "b"], ["x", "7"], ["", "true", "beyond"]],
  });
  assert.deepEqual(readJsonRows([{ a: "x", b: 1 }, { c: "z", a: null }]), {
    ok: true,
    value: [["a", "b", "c"], ["x", "1", ""], ["", "", "z"]],
  });
  assert.deepEqual(readJsonRows([["a"], ["\ud800"]]), { ok: true, value: [["a"], ["\ufffd"]] });
});

Deno.test("readJsonRows: refuses other input with its position", () => {
  const cells = (count: number) => Array.from({ length: count }, () => "x");
  const rows = (count: number) => [["a"], ...Array.from({ length: count }, () => ["x"])];
  const longRow = Array.from(
    { length: CSV_MAX_ROW / CSV_MAX_CELL },
    () => "x".repeat(CSV_MAX_CELL),
  );
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ["nothing", undefined, { kind: "not_rows" }],
    ["an object", { rows: [] }, { kind: "not_rows" }],
    ["a text", "a,b", { kind: "not_rows" }],
    ["texts", ["a", "b"], { kind: "not_rows" }],
    ["no rows", [], { kind: "empty" }],
    ["headers alone", [["a"]], { kind: "only_header" }],
    ["an object after an array", [["a"], ["b"], { a: "x" }], { kind: "not_a_row", row: 3 }],
    ["an array after an object", [{ a: "x" }, ["b"]], { kind: "not_a_row", row: 3 }],
    ["a list in a cell", [["a", "b"], ["b", []]], { kind: "not_a_cell", row: 2, column: 2 }],
    ["an object in a cell", [{ a: {} }], { kind: "not_a_cell", row: 2, column: 1 }],
    ["a NUL", [["a"], ["\0"]], { kind: "not_text", row: 2 }],
    ["a long cell", [["a"], ["x".repeat(CSV_MAX_CELL + 1)]], {
      kind: "cell_too_long",
      row: 2,
      column: 1,
      maxCharacters: CSV_MAX_CELL,
    }],
    ["a long row", [["a"], [...longRow, "x"]], {
      kind: "row_too_long",
      row: 2,
      maxCharacters: CSV_MAX_ROW,
    }],
    ["too many columns", [cells(CSV_MAX_COLUMNS + 1), ["x"]], {
      kind: "too_many_columns",
      row: 1,
      maxColumns: CSV_MAX_COLUMNS,
    }],
    ["too many rows", rows(CSV_MAX_ROWS + 1), { kind: "too_many_rows", maxRows: CSV_MAX_ROWS }],
  ];
  for (const [label, input, refusal] of cases) {
    assert.deepEqual(readJsonRows(input), { ok: false, refusal }, label);
  }
  const most = [cells(CSV_MAX_COLUMNS), ["x".repeat(CSV_MAX_CELL)]];
  assert.equal(readJsonRows(most).ok, true);
  assert.equal(readJsonRows([["a"], longRow]).ok, true);
  assert.equal(readJsonRows(rows(CSV_MAX_ROWS)).ok, true);
});

Deno.test("readJsonRows: refuses sparse objects with too many cells before it allocates them", () => {
  const wide = Object.fromEntries(Array.from({ length: CSV_MAX_COLUMNS }, (_, at) => [at, "x"]));
  const sparse = (rows: number) => [wide, ...Array.from({ length: rows - 1 }, () => ({}))];
  const most = JSON_MAX_CELLS / CSV_MAX_COLUMNS;
  assert.equal(readJsonRows(sparse(most)).ok, true);
  assert.deepEqual(readJsonRows(sparse(most + 1)), {
    ok: false,
    refusal: { kind: "too_many_cells", maxCells: JSON_MAX_CELLS },
  });
});
