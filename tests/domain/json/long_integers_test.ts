import assert from "node:assert/strict";
import { quoteLongIntegers } from "../../../domain/json/long_integers.ts";

Deno.test("quoteLongIntegers: quotes integers that a double cannot represent, and nothing else", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["12345678901234567890", '"12345678901234567890"'],
    ["[-9007199254740993,9007199254740991]", '["-9007199254740993",9007199254740991]'],
    ['{"12345678901234567890":"12345678901234567890"}', "as it was"],
    ["[12345678901234567890.5, 1e20, 12345678901234567890e1]", "as it was"],
    ['["\\"12345678901234567890"]', "as it was"],
  ];
  for (const [text, expected] of cases) {
    assert.equal(quoteLongIntegers(text), expected === "as it was" ? text : expected, text);
  }
});

Deno.test("quoteLongIntegers: leaves a text that is not JSON one that is not", () => {
  const long = "12345678901234567890";
  for (const text of [`{${long}: 1}`, `0${long}`, `--${long}`, `[${long}a]`, `[${long} ${long}]`]) {
    assert.throws(() => JSON.parse(quoteLongIntegers(text)), SyntaxError, text);
  }
});
