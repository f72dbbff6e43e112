/** Removes what a copy has replaced, so that nothing of it is left in the database's file. */
import type { Database } from "../../connection/database.ts";
import { rowsOf, text } from "../../connection/row.ts";
import type { CopyOptions } from "./copy_tables.ts";
import { HAS_COPY } from "./copy_statements.ts";
import { END_COPY, nameBefore } from "./cut_over_statements.ts";
import type { CopyMigration } from "./table_copy.ts";

/** How long the rewriting of a file waits for another process. */
const BUSY_TIMEOUT_MS = 60_000;

/** Options of {@link eraseReplaced}: the file, and the function that is called when a step begins. */
export interface ErasingOptions extends Pick<CopyOptions, "onProgress"> {
  /** The database's file; `undefined` for a remote database, whose server keeps its own file. */
  readonly path?: string | undefined;
}

/**
 * Drops the tables that a copy has replaced, and rewrites the file, if it is one: rows that were deleted are in a file
 * until it is rewritten. Does nothing when no copy has ended. May be repeated after an interruption.
 *
 * @returns the names of the copies that this call ended
 */
export async function eraseReplaced(
  db: Database,
  migrations: readonly CopyMigration[],
  { path, onProgress }: ErasingOptions = {},
): Promise<readonly string[]> {
  const found = await db.read([HAS_COPY]);
  if (rowsOf(found, 0).length === 0) return [];
  onProgress?.({ step: "erasing the tables before" });
  const copied = await copiedMigrations(db);
  for (const table of await tablesBefore(db, migrations, copied)) {
    await db.write([`DROP TABLE IF EXISTS ${table}`]);
  }
  if (path !== undefined) {
    onProgress?.({ step: "rewriting the file" });
    await rewriteFile(path);
  }
  await db.write(END_COPY);
  return copied;
}

/** The names of the migrations whose tables before may still be there. */
async function copiedMigrations(db: Database): Promise<readonly string[]> {
  const found = await db.read(["SELECT migration FROM copy_state"]);
  return rowsOf(found, 0).map((row) => text(row, "migration"));
}

/** The tables that are still to be dropped. */
async function tablesBefore(
  db: Database,
  migrations: readonly CopyMigration[],
  copied: readonly string[],
): Promise<readonly string[]> {
  const found = await db.read(["SELECT name FROM sqlite_master WHERE type = 'table'"]);
  const present = new Set(rowsOf(found, 0).map((row) => text(row, "name")));
  return migrations.filter(({ name }) => copied.includes(name))
    .flatMap(({ replaced }) => replaced.map(nameBefore))
    .filter((name) => present.has(name));
}

/** Writes the file anew, without its free pages, and empties its write-ahead log. */
async function rewriteFile(path: string): Promise<void> {
  // Imported when they are needed: Cloudflare Workers have none of them.
  const { default: Libsql } = await import("libsql");
  const [{ dirname }, { env }] = await Promise.all([import("node:path"), import("node:process")]);
  // SQLite writes the new file there first: where other temporary files are there may be no room for it.
  env["SQLITE_TMPDIR"] ??= dirname(path);
  const file = new Libsql(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    file.exec("VACUUM");
    const [result] = file.prepare<unknown[]>("PRAGMA wal_checkpoint(TRUNCATE)").raw(true).all();
    if (!Array.isArray(result) || result[0] !== 0) {
      throw new Error("another process reads the database: its write-ahead log was not emptied");
    }
  } finally {
    file.close();
  }
}
