import assert from "node:assert/strict";
import * as fc from "npm:fast-check@4.10.2";
import { parseRnokpp, type RnokppFault } from "../../../domain/recipient/rnokpp.ts";

Deno.test("parseRnokpp: accepts ten digits with a valid check digit, and trims blanks", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["3184710691", "3184710691"],
    [" 3184710691\n", "3184710691"],
    ["\u00a03184710691\u200b", "3184710691"],
    // A negative sum: -9.
    ["9000000002", "9000000002"],
    // A sum that leaves 10, for which the digit is 0.
    ["0000001000", "0000001000"],
  ];
  for (const [typed, digits] of cases) {
    assert.deepEqual(parseRnokpp(typed), { ok: true, value: digits }, typed);
  }
});

Deno.test("parseRnokpp: reports why a text is not a tax number", () => {
  const cases: readonly (readonly [string, RnokppFault])[] = [
    ["", "not-ten-digits"],
    ["318471069", "not-ten-digits"],
    ["31847106911", "not-ten-digits"],
    ["3184 710691", "not-ten-digits"],
    ["3184-710-691", "not-ten-digits"],
    ["٣١٨٤٧١٠٦٩١", "not-ten-digits"],
    ["+318471069", "not-ten-digits"],
    // A passport's series and number, and the number of an identity card.
    ["АВ123456", "not-ten-digits"],
    ["000123456", "not-ten-digits"],
    ["3184710692", "wrong-check-digit"],
    ["1384710691", "wrong-check-digit"],
  ];
  for (const [typed, refusal] of cases) {
    assert.deepEqual(parseRnokpp(typed), { ok: false, refusal }, typed);
  }
});

Deno.test("parseRnokpp: accepts exactly one check digit after any nine digits", () => {
  fc.assert(fc.property(fc.stringMatching(/^[0-9]{9}$/), (nine) => {
    const accepted = Array.from({ length: 10 }, (_, last) => `${nine}${last}`)
      .filter((each) => parseRnokpp(each).ok);
    assert.equal(accepted.length, 1);
  }));
});
