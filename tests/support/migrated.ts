/**
 * Brings an empty database of a test to the current schema. The migrations take two dozen transactions, a fifth of the time
 * of a short test: they run once for each file of tests, and each of its databases gets their result in one.
 */
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { MIGRATION_NAMES } from "../../adapters/libsql/schema/schema_version.ts";

let schema: Promise<readonly string[]> | undefined;

/** The statements that make every table and index as the migrations leave them, in the order in which they were made. */
async function readSchema(): Promise<readonly string[]> {
  const db = await openDatabase({ url: ":memory:" });
  try {
    await migrate(db, 0);
    const [made] = await db.read([
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid",
    ]);
    return (made?.rows ?? []).map(({ sql }) => String(sql));
  } finally {
    db.close();
  }
}

/**
 * Does what `migrate` does to an empty database, in one transaction.
 *
 * @throws when the database is not empty
 */
export async function migrateEmpty(db: Database, now: number): Promise<void> {
  schema ??= readSchema();
  await db.write([
    ...await schema,
    ...MIGRATION_NAMES.map((name, index) => ({
      sql: "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)",
      args: [index + 1, name, now],
    })),
  ]);
}
