import assert from "node:assert/strict";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { BACKENDS } from "./backends.ts";
import { dump } from "./isolate.ts";

async function everything(db: Database) {
  const [schema] = await db.read([
    "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
  ]);
  return { schema: schema?.rows.map((row) => ({ ...row })), rows: await dump(db) };
}

for (const backend of BACKENDS) {
  Deno.test(`migrateEmpty (${backend.name}): leaves what the migrations leave in an empty database`, async () => {
    await using migrated = await backend.open();
    await using copied = await backend.open();
    await migrate(migrated.db, 5);
    await migrateEmpty(copied.db, 5);
    assert.deepEqual(await everything(copied.db), await everything(migrated.db));
    assert.deepEqual(await migrate(copied.db, 6), []);
    await assert.rejects(migrateEmpty(copied.db, 7), /already exists/);
  });
}
