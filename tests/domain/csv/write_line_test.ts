import assert from "node:assert/strict";
import { writeCsvLine } from "../../../domain/csv/write_line.ts";

Deno.test("writeCsvLine: quotes cells where they need it, and defuses formulas", () => {
  assert.equal(writeCsvLine(["a", "", "b c"]), "a,,b c\r\n");
  assert.equal(writeCsvLine(['say "x"', "a,b", "a\nb", " a"]), '"say ""x""","a,b","a\nb"," a"\r\n');
  for (const formula of ["=1+1", "+1", "-1", "@a"]) {
    assert.equal(writeCsvLine([formula]), `'${formula}\r\n`);
  }
});
