/**
 * Which schema a database has, and which one this code needs. A process that serves needs no more; the migrations
 * themselves are many modules, which only commands that migrate load.
 */
import type { InStatement } from "@libsql/client";
import type { ResultSet } from "../connection/batch.ts";
import { integer, rowsOf } from "../connection/row.ts";
import { SchemaError } from "./schema_error.ts";

/** The names of the migrations, in order. Each has its statements in `MIGRATIONS` in `migrations.ts`. */
export const MIGRATION_NAMES = [
  "core",
  "files",
  "senders",
  "citizens",
  "jobs",
  "compact",
  "inbox_realms",
  "limit_days",
  "events",
  "list_encoding",
  "unknown_outcomes",
  "corrections",
  "callbacks",
  "providers",
  "statistics",
  "inbound",
  "dead_letters",
  "accounts",
  "management_tokens",
  "authors",
  "go_live_requests",
  "list_drafts",
  "message_filters",
  "template_folders",
  "timelines",
] as const;

/** The schema version that this code needs: the number of its migrations. */
export const SCHEMA_VERSION = MIGRATION_NAMES.length;

/** What this file uses of a database. */
interface Reader {
  read(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
}

/** The number of the last applied migration; 0 for an empty database. */
export async function schemaVersion(db: Reader): Promise<number> {
  const tables = await db.read([
    "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
  ]);
  const [table] = rowsOf(tables, 0);
  if (table === undefined || integer(table, "n") === 0) return 0;
  const versions = await db.read([
    "SELECT coalesce(max(number), 0) AS version FROM schema_migrations",
  ]);
  const [row] = rowsOf(versions, 0);
  return row === undefined ? 0 : integer(row, "version");
}

/**
 * Checks that the database has {@link SCHEMA_VERSION}.
 *
 * @throws SchemaError with instructions, when it is older or newer
 */
export async function requireSchema(db: Reader): Promise<void> {
  const version = await schemaVersion(db);
  refuseNewer(version);
  if (version < SCHEMA_VERSION) {
    throw new SchemaError(
      `the database is at schema ${version}, this code needs ${SCHEMA_VERSION}: run "deno task migrate"`,
    );
  }
}

/** @throws SchemaError when the version is newer than {@link SCHEMA_VERSION} */
export function refuseNewer(version: number): void {
  if (version > SCHEMA_VERSION) {
    throw new SchemaError(
      `the database is at schema ${version}, newer than this code's ${SCHEMA_VERSION}: ` +
        "run a newer Hark, or restore a backup made before the upgrade",
    );
  }
}
