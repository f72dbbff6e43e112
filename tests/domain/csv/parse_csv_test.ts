import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { parseCsv } from "../../support/csv/parse_csv.ts";

const CASES: readonly (readonly [string, string, readonly (readonly string[])[]])[] = [
  ["cuts at commas and line ends", "a,b\r\n1,2\n3,4", [["a", "b"], ["1", "2"], ["3", "4"]]],
  ["finds no rows in nothing", " \n,,\n\ufeff", []],
  ["leaves out a byte order mark", "\ufeffa,b", [["a", "b"]]],
  ["keeps commas at the start", ",a\n,1", [["", "a"], ["", "1"]]],
  ["leaves out commas and blank rows at the end", "a\n1,,\n,,\n \t\n\u200b", [["a"], ["1"]]],
  ["keeps blank rows in the middle", "a\n\n\r\n,\n1", [["a"], [], [], ["", ""], ["1"]]],
  ["skips blanks before a cell, not after it", 'a ,  b,\tc,  "d"', [["a ", "b", "\tc", "d"]]],
  ["reads quoted commas and line ends", '"a,b","c\r\nd"\n1', [["a,b", "c\r\nd"], ["1"]]],
  ["reads a doubled quote as one", '"say ""hi""",""""', [['say "hi"', '"']]],
  ["takes quotes inside a cell as text", 'a"b,c""', [['a"b', 'c""']]],
  ["adds what follows a closed quote", '"a"b"c,d', [['ab"c', "d"]]],
  ["gives an unclosed quote the rest", 'a,"b,c\nd', [["a", "b,c\nd"]]],
  ["ends a row at a carriage return", "a\rb\r\r\nc", [["a"], ["b"], ["c"]]],
  ["keeps blank rows between carriage returns", "a\r\rb\r\r\rc", [["a"], [], ["b"], [], [], ["c"]]],
  ["keeps NUL", "a\0b,c", [["a\0b", "c"]]],
];

for (const [behaviour, text, expected] of CASES) {
  Deno.test(`parseCsv: ${behaviour}`, () => assert.deepEqual(parseCsv(text), expected));
}

Deno.test("parseCsv: round-trips quoted cells", () => {
  const rows = fc.array(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }));
  fc.assert(fc.property(rows, (written) => {
    const file = written.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join());
    assert.deepEqual(parseCsv(file.join("\n")), written);
  }));
});

Deno.test("parseCsv: takes linear time for hostile files", () => {
  for (const part of [" ", ",", '"', '""', "\r", "\n", ' "', "a,", '"\r']) {
    parseCsv(`x${part.repeat(200_000)}x`);
  }
});
