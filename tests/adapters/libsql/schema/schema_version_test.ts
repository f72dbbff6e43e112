import assert from "node:assert/strict";
import { MIGRATIONS } from "../../../../adapters/libsql/schema/migrations.ts";
import { MIGRATION_NAMES } from "../../../../adapters/libsql/schema/schema_version.ts";

Deno.test("MIGRATION_NAMES: are the names of the migrations, in their order", () => {
  assert.deepEqual(MIGRATIONS.map(({ name }) => name), [...MIGRATION_NAMES]);
});
