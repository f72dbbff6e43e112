import assert from "node:assert/strict";
import { migrate, MIGRATIONS } from "../../adapters/libsql/schema/migrations.ts";
import { SchemaError } from "../../adapters/libsql/schema/schema_error.ts";
import {
  requireSchema,
  SCHEMA_VERSION,
  schemaVersion,
} from "../../adapters/libsql/schema/schema_version.ts";
import type { Backend } from "./backends.ts";

const NAMES = MIGRATIONS.map(({ name }) => name);

/** The contract of the migrations. */
export function migrationsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`migrate: ${name} (${backend.name})`, run);

  test("applies every migration to an empty database, once", async () => {
    await using database = await backend.open();
    const { db } = database;
    assert.equal(await schemaVersion(db), 0);
    assert.deepEqual(await migrate(db, 5), NAMES);
    assert.equal(await schemaVersion(db), SCHEMA_VERSION);
    assert.deepEqual(await migrate(db, 6), []);
    const [result] = await db.read(["SELECT number, name, applied_at FROM schema_migrations"]);
    assert.deepEqual(
      result?.rows.map((row) => [row.number, row.name, row.applied_at]),
      NAMES.map((name, index) => [index + 1, name, 5]),
    );
    await requireSchema(db);
  });

  test("two concurrent runs apply each migration once, and neither fails", async () => {
    await using database = await backend.open();
    const other = await database.another();
    const runs = await Promise.all([migrate(database.db, 5), migrate(other, 5)]);
    assert.deepEqual(runs.flat().toSorted(), NAMES.toSorted());
    assert.equal(await schemaVersion(other), SCHEMA_VERSION);
  });

  test("a migration that fails is rolled back", async () => {
    await using database = await backend.open();
    const { db } = database;
    await db.write(["CREATE TABLE outbox (not_ours INTEGER)"]);
    await assert.rejects(migrate(db, 5), /outbox/);
    assert.equal(await schemaVersion(db), 0);
    const [result] = await db.read([
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    ]);
    assert.deepEqual(result?.rows.map(({ name }) => name), ["outbox"]);
  });

  test("it and requireSchema refuse a database that is newer than the code", async () => {
    await using database = await backend.open();
    const { db } = database;
    await migrate(db, 5);
    await db.write([{
      sql: "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, 'later', 6)",
      args: [SCHEMA_VERSION + 1],
    }]);
    const refused = (error: unknown) => {
      assert.ok(error instanceof SchemaError);
      assert.match(error.message, /newer than this code/);
      return true;
    };
    await assert.rejects(migrate(db, 7), refused);
    await assert.rejects(requireSchema(db), refused);
  });

  test("requireSchema: names the migrate command when the database is older", async () => {
    await using database = await backend.open();
    await assert.rejects(requireSchema(database.db), (error: unknown) => {
      assert.ok(error instanceof SchemaError);
      assert.match(error.message, /deno task migrate/);
      return true;
    });
  });
}
