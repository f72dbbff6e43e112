import type { DatabaseConfig } from "../adapters/libsql/connection/config.ts";
import { type Database, openDatabase } from "../adapters/libsql/connection/database.ts";
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

/** What to do about the two most frequent reasons. */
function adviceOn(reason: string): string {
  // SQLITE_CANTOPEN.
  if (/: 14\b/.test(reason)) return "; create its folder, and let Hark write to it";
  return /fetch failed|error sending request/i.test(reason)
    ? "; check its address and whether its server runs"
    : "";
}
