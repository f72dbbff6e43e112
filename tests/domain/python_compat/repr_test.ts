import assert from "node:assert/strict";
import { MAX_REPR, pythonRepr, pythonStr } from "../../../domain/python_compat/repr.ts";

// What CPython 3.11 prints for the same values.
const CASES: readonly (readonly [unknown, string])[] = [
  [null, "None"],
  [true, "True"],
  [false, "False"],
  ["a", "'a'"],
  ["it's", `"it's"`],
  [`it's "so"`, `'it\\'s "so"'`],
  [`"so"`, `'"so"'`],
  ["a\\b\n\r\t\0\x7f", "'a\\\\b\\n\\r\\t\\x00\\x7f'"],
  ["é 😀", "'é 😀'"],
  ["\xa0\xad\u200b\u2028\u3000", "'\\xa0\\xad\\u200b\\u2028\\u3000'"],
  ["\ue000\u{e0001}", "'\\ue000\\U000e0001'"],
  [String.fromCharCode(0xd800), "'\\ud800'"],
  [0, "0"],
  [-0, "0"],
  [447700900001, "447700900001"],
  [-12, "-12"],
  [1.5, "1.5"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [-1.5e-10, "-1.5e-10"],
  [1e16, "1e+16"],
  [1e20, "1e+20"],
  [1.5e300, "1.5e+300"],
  [5e-324, "5e-324"],
  [2 ** 53, "9007199254740992"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [[], "[]"],
  [{}, "{}"],
  [[1, "a", [null]], "[1, 'a', [None]]"],
  [{ a: 1, "it's": { b: false } }, `{'a': 1, "it's": {'b': False}}`],
];

for (const [value, expected] of CASES) {
  Deno.test(`pythonRepr: prints ${expected}`, () => {
    assert.equal(pythonRepr(value), expected);
  });
}

Deno.test("pythonRepr: prints a large whole number with all its digits as the integer that it surely was", () => {
  assert.equal(pythonRepr(123456789012345680000), "123456789012345683968");
});

Deno.test("pythonStr: prints a string bare and a string in a list quoted", () => {
  assert.equal(pythonStr("it's\n"), "it's\n");
  assert.equal(pythonStr(["a"]), "['a']");
});

Deno.test("pythonRepr: prints a string, and items, up to its limit, and dots for the rest", () => {
  // The value itself counts as one.
  assert.equal(pythonRepr("a".repeat(MAX_REPR - 1)), `'${"a".repeat(MAX_REPR - 1)}'`);
  assert.equal(pythonRepr("a".repeat(MAX_REPR)), `'${"a".repeat(MAX_REPR - 1)}...'`);
  const list = (length: number) => pythonRepr(Array.from({ length }, () => null));
  assert.equal(list(MAX_REPR - 1), `[${"None, ".repeat(MAX_REPR - 2)}None]`);
  assert.equal(list(MAX_REPR), `[${"None, ".repeat(MAX_REPR - 1)}...]`);
});
