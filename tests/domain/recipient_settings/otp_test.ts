import assert from "node:assert/strict";
import * as fc from "npm:fast-check@4.10.2";
import { toCode } from "../../../domain/recipient_settings/otp.ts";

Deno.test("toCode: always six digits, and every code is possible", () => {
  assert.equal(toCode(0), "000000");
  assert.equal(toCode(7), "000007");
  assert.equal(toCode(999_999), "999999");
  assert.equal(toCode(1_000_000), "000000");
  const codes = new Set(Array.from({ length: 1_000_000 }, (_, random) => toCode(random)));
  assert.equal(codes.size, 1_000_000);
  fc.assert(fc.property(fc.nat(4_293_999_999), (random) => {
    assert.match(toCode(random) ?? "", /^[0-9]{6}$/);
  }));
});

Deno.test("toCode: undefined for numbers that would make some codes more likely", () => {
  // 4,294 numbers make each code; the 967,296 beyond would make theirs a 4,295th time.
  assert.equal(toCode(4_293_999_999), "999999");
  assert.equal(toCode(4_294_000_000), undefined);
  assert.equal(toCode(2 ** 32 - 1), undefined);
});
