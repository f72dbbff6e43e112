import assert from "node:assert/strict";
import { safeName } from "../../../domain/service/sender.ts";

Deno.test("safeName: converts a name for keys and addresses", () => {
  const cases = [
    ["Vehicle  tax", "_", "vehicle_tax"],
    ["Vehicle tax", ".", "vehicle.tax"],
    ["Dr. Who & sons", ".", "dr.who.sons"],
    ["Café “Élan”", ".", "cafe.elan"],
    ["..a..b..", ".", "a.b"],
    ["a@b\r\nBcc: x", "_", "ab_bcc_x"],
    ["Служба", ".", ""],
  ] as const;
  for (const [name, separator, expected] of cases) {
    assert.equal(safeName(name, separator), expected, name);
  }
});
