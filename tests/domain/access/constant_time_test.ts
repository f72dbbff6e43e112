import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { sameBytes, sameSecret } from "../../../domain/access/constant_time.ts";

Deno.test("sameBytes: true for equal bytes and for no others", () => {
  const bytes = fc.uint8Array({ maxLength: 4, max: 3 });
  fc.assert(fc.property(bytes, bytes, (a, b) => {
    assert.equal(sameBytes(a, b), a.toHex() === b.toHex());
  }));
});

Deno.test("sameSecret: true for equal texts and for no others", () => {
  const text = fc.string({ maxLength: 3, unit: fc.constantFrom("a", "é", "\0") });
  fc.assert(fc.property(text, text, (a, b) => assert.equal(sameSecret(a, b), a === b)));
  for (const [presented, expected] of [["", "a"], ["a", ""], ["aa", "a"], ["a", "aa"]] as const) {
    assert.equal(sameSecret(presented, expected), false, `${presented} ${expected}`);
  }
  assert.equal(sameSecret("", ""), true);
});
