import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  blob,
  hex,
  integer,
  integerOrNull,
  oneOf,
  storedText,
  storedTextOrNull,
  text,
  textOrNull,
  toStored,
  toStoredOrNull,
} from "../../../../adapters/libsql/connection/row.ts";
import type { Row } from "../../../../adapters/libsql/connection/database.ts";

function rowOf(value: unknown): Row {
  return Object.assign(Object.create(null), { length: 1, column: value });
}

Deno.test("toStored: keeps ordinary text as it is", () => {
  for (const plain of ["", "a", "é😀", "123", '{"a":1}', "\u0001", "\ufeff"]) {
    assert.equal(toStored(plain), plain);
  }
  assert.equal(toStoredOrNull(null), null);
  assert.equal(storedTextOrNull(rowOf(null), "column"), null);
});

Deno.test("toStored: returns text that SQLite can store for any text, and storedText restores it", () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  const any = fc.string({
    unit: fc.oneof(unit, fc.constantFrom("\0", "\u001b", "\ud83d", "\ude00")),
  });
  fc.assert(fc.property(any, any, (value, other) => {
    const stored = toStored(value);
    assert.ok(stored.isWellFormed() && !stored.includes("\0"));
    assert.equal(storedText(rowOf(stored), "column"), value);
    assert.equal(stored === toStored(other), value === other);
  }));
});

Deno.test("hex: writes two digits a byte", () => {
  assert.equal(hex(new Uint8Array()), "");
  assert.equal(hex(Uint8Array.from([0, 1, 15, 16, 171, 255])), "00010f10abff");
});

Deno.test("row readers: throw on schema mismatch without leaking the value", () => {
  const secret = "secret value";
  for (
    const read of [
      () => integer(rowOf(secret), "column"),
      () => integerOrNull(rowOf(secret), "column"),
      () => blob(rowOf(secret), "column"),
      () => oneOf(rowOf(secret), "column", ["a"]),
      () => text(rowOf(1), "column"),
      () => text(rowOf(null), "column"),
      () => textOrNull(rowOf(undefined), "column"),
    ]
  ) {
    assert.throws(read, (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /^column column should hold/);
      assert.ok(!error.message.includes(secret));
      return true;
    });
  }
});
