import assert from "node:assert/strict";
import { hasMethods } from "../../adapters/has_methods.ts";

Deno.test("hasMethods: is false for other values, and for a binding to a service, which has methods of all names", () => {
  const method = () => {};
  assert.equal(hasMethods({ get: method, put: method }, ["get", "put"]), true);
  const service = new Proxy({}, { has: () => true, get: () => method });
  for (const other of [service, { get: method }, { get: method, put: "x" }, null, undefined, "x"]) {
    assert.equal(hasMethods(other, ["get", "put"]), false);
  }
});
