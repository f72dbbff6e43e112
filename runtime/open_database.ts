import type { DatabaseConfig } from "../adapters/libsql/connection/config.ts";
import { type Database, openDatabase } from "../adapters/libsql/connection/database.ts";
import { isBusyError } from "../adapters/libsql/connection/unavailable.ts";
import { SchemaError } from "../adapters/libsql/schema/schema_error.ts";
import { ConfigError } from "./config.ts";
import { findLogWithoutFile } from "./process/lost_file.ts";

/**
 * Opens the database, then calls `prepareSchema`, which checks or migrates the schema.
 *
 * @throws ConfigError when the database cannot be opened or prepared, or its file is missing beside its log (`-wal`)
 * @throws SchemaError when `prepareSchema` does
 */
export async function openPreparedDatabase(
  config: DatabaseConfig,
  prepareSchema: (db: Database) => Promise<unknown>,
): Promise<Database> {
  const problem = await findLogWithoutFile(config.url);
  if (problem !== undefined) throw new ConfigError(problem);
  try {
    const db = await openDatabase(config);
    await prepareSchema(db);
    return db;
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`DATABASE_URL cannot be opened: ${reason}${adviceOn(reason)}`, { cause });
  }
}

/**
 * Closes the database of a command, whose work is committed: a log (`-wal`) that cannot be written into the file is no
 * fault of the command.
 */
export async function closeDatabase(db: Pick<Database, "shutDown">): Promise<void> {
  try {
    await db.shutDown();
  } catch (error) {
    // Another process uses the log, and writes it into the file when it ends.
    if (isBusyError(error)) return;
    const reason = error instanceof Error ? error.message : String(error);
    console.error(
      `The database's log could not be written into its file (${reason}): nothing is lost, but keep ` +
        "the -wal file beside it",
    );
  }
}

/** What to do about the two most frequent reasons. */
function adviceOn(reason: string): string {
  // SQLITE_CANTOPEN.
  if (/: 14\b/.test(reason)) return "; create its folder, and let Hark write to it";
  return /fetch failed|error sending request/i.test(reason)
    ? "; check its address and whether its server runs"
    : "";
}
