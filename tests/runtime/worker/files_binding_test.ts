import assert from "node:assert/strict";
import { ConfigError } from "../../../runtime/config.ts";
import { openFilesBucket } from "../../../runtime/worker/files_binding.ts";

Deno.test("openFilesBucket: needs no binding, and refuses one that is no bucket by name", () => {
  assert.equal(openFilesBucket(undefined), undefined);
  const method = () => Promise.resolve();
  const namespace = { get: method, put: method, delete: method, list: method };
  for (const wrong of ["secret", {}, null, namespace]) {
    assert.throws(
      () => openFilesBucket(wrong),
      (error) => error instanceof ConfigError && /^FILES must be the binding/.test(error.message),
    );
  }
  assert.notEqual(openFilesBucket({ ...namespace, head: method }), undefined);
});
