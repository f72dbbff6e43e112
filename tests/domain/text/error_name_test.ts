import assert from "node:assert/strict";
import { errorName } from "../../../domain/text/error_name.ts";

Deno.test("errorName: returns the name of an error without its message, and `unknown` for other values", () => {
  assert.equal(errorName(new TypeError("ann@example.org")), "TypeError");
  for (const value of ["ann@example.org", undefined, null, { name: "Ann" }]) {
    assert.equal(errorName(value), "unknown");
  }
});
