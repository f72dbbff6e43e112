import assert from "node:assert/strict";
import { toCsvCell } from "../../../application/jobs/results_csv.ts";

Deno.test("toCsvCell makes formulas harmless, and quotes what must be quoted", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["07900900123", "07900900123"],
    ["+447900900123", "'+447900900123"],
    ["=1+1", "'=1+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ["a,b", '"a,b"'],
    ['a"b', '"a""b"'],
    ["a\r\nb", '"a\r\nb"'],
    [" a", '" a"'],
    ["", ""],
  ];
  for (const [text, cell] of cases) assert.equal(toCsvCell(text), cell, text);
});
