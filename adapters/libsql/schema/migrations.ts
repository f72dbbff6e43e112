import type { InStatement } from "@libsql/client";
import type { Database } from "../connection/database.ts";
import { rowsOf } from "../connection/row.ts";
import { ACCOUNTS } from "./accounts.ts";
import { AUTHORS } from "./authors.ts";
import { CALLBACKS } from "./callbacks.ts";
import { CITIZENS } from "./citizens.ts";
import { COMPACT } from "./compact_copy.ts";
import { CORRECTIONS } from "./corrections.ts";
import { HAS_COPY } from "./copy/copy_statements.ts";
import { replaceEmpty } from "./copy/cut_over_statements.ts";
import { type CopyOptions, copyTables } from "./copy/copy_tables.ts";
import { requireDiskSpace } from "./copy/disk_space.ts";
import { eraseReplaced, type ErasingOptions } from "./copy/erase.ts";
import type { CopyMigration } from "./copy/table_copy.ts";
import { DEAD_LETTERS } from "./dead_letters.ts";
import { EVENTS } from "./events.ts";
import { FILES_SCHEMA } from "./files.ts";
import { GO_LIVE_REQUESTS } from "./go_live_requests.ts";
import { INBOUND } from "./inbound.ts";
import { INBOX_REALMS } from "./inbox_realms.ts";
import { JOBS } from "./jobs.ts";
import { LIMIT_DAYS } from "./limit_days.ts";
import { LIST_DRAFTS } from "./list_drafts.ts";
import { LIST_ENCODING } from "./list_encoding.ts";
import { MANAGEMENT_TOKENS } from "./management_tokens.ts";
import { MESSAGE_FILTERS } from "./message_filters.ts";
import { PROVIDERS } from "./providers.ts";
import { SchemaError } from "./schema_error.ts";
import { refuseNewer, schemaVersion } from "./schema_version.ts";
import { SENDERS } from "./senders.ts";
import { STATISTICS } from "./statistics.ts";
import { TEMPLATE_FOLDERS } from "./template_folders.ts";
import { TIMELINES } from "./timelines.ts";
import { UNKNOWN_OUTCOMES } from "./unknown_outcomes.ts";

/** A migration that is one transaction. */
interface StatementsMigration {
  readonly name: string;
  readonly statements: readonly string[];
}

type Migration = StatementsMigration | CopyMigration;

/**
 * What a migration of a database with data needs beside it: the keys to encrypt rows, the database's file, and a
 * function that reports progress.
 */
export type MigrationOptions = CopyOptions & ErasingOptions;

/**
 * The migrations, in order. `docs/storage.md` describes the tables. A released migration is never changed: add a new
 * one, and its name to `MIGRATION_NAMES` in `schema_version.ts`.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: "core",
    statements: [
      `CREATE TABLE services (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      mode TEXT NOT NULL,
      active INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      settings TEXT NOT NULL,
      data_key_id TEXT NOT NULL,
      guests BLOB,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
      `CREATE TABLE data_keys (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      master_key_id TEXT NOT NULL,
      wrapped BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, id)
    ) WITHOUT ROWID`,
      `CREATE TABLE api_keys (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      name TEXT NOT NULL,
      folded_name TEXT NOT NULL,
      kind TEXT NOT NULL,
      master_key_id TEXT NOT NULL,
      secret BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      revoked_at INTEGER,
      PRIMARY KEY (service_id, id)
    ) WITHOUT ROWID`,
      `CREATE UNIQUE INDEX api_keys_in_use ON api_keys (service_id, folded_name)
      WHERE revoked_at IS NULL`,
      `CREATE TABLE templates (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      number INTEGER NOT NULL,
      channel TEXT NOT NULL,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      archived_at INTEGER,
      PRIMARY KEY (service_id, id)
    ) WITHOUT ROWID`,
      `CREATE UNIQUE INDEX templates_by_number ON templates (service_id, number)`,
      `CREATE TABLE template_versions (
      service_id TEXT NOT NULL,
      template_id TEXT NOT NULL,
      version INTEGER NOT NULL,
      name TEXT NOT NULL,
      subject TEXT,
      body TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, template_id, version)
    )`,
      `CREATE TABLE notifications (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      channel TEXT NOT NULL,
      key_kind TEXT NOT NULL,
      api_key_id TEXT NOT NULL,
      template_id TEXT NOT NULL,
      template_version INTEGER NOT NULL,
      reference TEXT,
      sender TEXT NOT NULL,
      fragments INTEGER,
      international INTEGER NOT NULL,
      status TEXT NOT NULL,
      status_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      sent_at INTEGER,
      completed_at INTEGER,
      provider TEXT,
      complained_at INTEGER,
      recipient_hash BLOB NOT NULL,
      data_key_id TEXT NOT NULL,
      sealed BLOB NOT NULL,
      PRIMARY KEY (service_id, id)
    )`,
      `CREATE INDEX notifications_by_key_kind ON notifications (service_id, key_kind, id)`,
      `CREATE INDEX notifications_by_channel ON notifications (service_id, channel, id)`,
      `CREATE INDEX notifications_by_reference ON notifications (service_id, reference, id)
      WHERE reference IS NOT NULL`,
      `CREATE INDEX notifications_by_recipient ON notifications (service_id, recipient_hash, id)`,
      `CREATE TABLE outbox (
      service_id TEXT NOT NULL,
      notification_id TEXT NOT NULL,
      task TEXT NOT NULL,
      due_at INTEGER NOT NULL,
      lease_token TEXT,
      attempts INTEGER NOT NULL,
      unresolved INTEGER NOT NULL,
      PRIMARY KEY (service_id, notification_id)
    ) WITHOUT ROWID`,
      `CREATE INDEX outbox_due ON outbox (due_at)`,
      `CREATE TABLE events (
      service_id TEXT NOT NULL,
      notification_id TEXT NOT NULL,
      id TEXT NOT NULL,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      facts TEXT NOT NULL,
      PRIMARY KEY (service_id, notification_id, id)
    ) WITHOUT ROWID`,
      `CREATE TABLE provider_messages (
      provider TEXT NOT NULL,
      message_id TEXT NOT NULL,
      service_id TEXT NOT NULL,
      notification_id TEXT NOT NULL,
      PRIMARY KEY (provider, message_id)
    ) WITHOUT ROWID`,
      `CREATE INDEX provider_messages_by_notification
      ON provider_messages (service_id, notification_id)`,
      `CREATE TABLE receipts (
      provider TEXT NOT NULL,
      dedupe_key TEXT NOT NULL,
      message_id TEXT NOT NULL,
      service_id TEXT,
      notification_id TEXT,
      kind TEXT NOT NULL,
      code TEXT,
      at INTEGER,
      received_at INTEGER NOT NULL,
      applied_by TEXT,
      PRIMARY KEY (provider, dedupe_key)
    ) WITHOUT ROWID`,
      `CREATE INDEX receipts_parked ON receipts (provider, message_id) WHERE applied_by IS NULL`,
      `CREATE INDEX receipts_by_age ON receipts (received_at)`,
      `CREATE TABLE idempotency (
      service_id TEXT NOT NULL,
      key_hash TEXT NOT NULL,
      request_hash TEXT NOT NULL,
      data_key_id TEXT NOT NULL,
      answer BLOB NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, key_hash)
    )`,
      `CREATE INDEX idempotency_by_age ON idempotency (expires_at)`,
      `CREATE TABLE counters (
      service_id TEXT NOT NULL,
      scope TEXT NOT NULL,
      value INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, scope)
    ) WITHOUT ROWID`,
      `CREATE INDEX counters_by_age ON counters (expires_at)`,
    ],
  },
  { name: "files", statements: FILES_SCHEMA },
  SENDERS,
  CITIZENS,
  JOBS,
  COMPACT,
  INBOX_REALMS,
  LIMIT_DAYS,
  EVENTS,
  LIST_ENCODING,
  UNKNOWN_OUTCOMES,
  CORRECTIONS,
  CALLBACKS,
  PROVIDERS,
  STATISTICS,
  INBOUND,
  DEAD_LETTERS,
  ACCOUNTS,
  MANAGEMENT_TOKENS,
  AUTHORS,
  GO_LIVE_REQUESTS,
  LIST_DRAFTS,
  MESSAGE_FILTERS,
  TEMPLATE_FOLDERS,
  TIMELINES,
];

const VERSION_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
  number INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) WITHOUT ROWID`;

/**
 * Migrates the database to `SCHEMA_VERSION`: one transaction a migration, or a copy in steps for those that rewrite
 * large tables. Concurrent runs are safe: the second finds the number taken, rolls back and continues with the rest; of
 * two copies the later one continues, and the earlier ends with an error. A run that was interrupted is continued by the
 * next.
 *
 * @param options needed by a copy, when there is a service in the database
 * @returns the names of the migrations that this call applied, or ended after an interruption
 * @throws SchemaError when the database is newer than this code, or `options` are needed
 */
export async function migrate(
  db: Database,
  now: number,
  options?: MigrationOptions,
): Promise<readonly string[]> {
  const from = await schemaVersion(db);
  refuseNewer(from);
  const applied: string[] = [];
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < from) continue;
    const takeNumber = [VERSION_TABLE, {
      sql: "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)",
      args: [index + 1, migration.name, now],
    }];
    try {
      await applyMigration(db, migration, takeNumber, options);
      applied.push(migration.name);
    } catch (error) {
      if (await schemaVersion(db) <= index) throw error;
    }
  }
  const ended = await eraseReplaced(db, MIGRATIONS.filter(isCopy), options);
  return [...new Set([...applied, ...ended])];
}

function isCopy(migration: Migration): migration is CopyMigration {
  return "copies" in migration;
}

/** Whether a copy has rows to encrypt: every row belongs to a service. */
async function hasServices(db: Database): Promise<boolean> {
  const found = await db.read(["SELECT 1 FROM services LIMIT 1"]);
  return rowsOf(found, 0).length > 0;
}

/** Fails the transaction when there is a service: a number is never `NULL`. */
const REQUIRE_NO_SERVICE =
  "UPDATE schema_migrations SET number = NULL WHERE EXISTS (SELECT 1 FROM services)";

async function applyMigration(
  db: Database,
  migration: Migration,
  takeNumber: readonly InStatement[],
  options: MigrationOptions | undefined,
): Promise<void> {
  if (!isCopy(migration)) {
    await db.write([...takeNumber, ...migration.statements]);
  } else if (!await hasServices(db)) {
    await db.write([...takeNumber, REQUIRE_NO_SERVICE, ...replaceEmpty(migration)]);
  } else if (options === undefined) {
    throw new SchemaError(
      `the migration "${migration.name}" encrypts stored rows: set MASTER_KEY, and ` +
        "MASTER_KEY_PREVIOUS after a rotation",
    );
  } else {
    if (options.path !== undefined && !await hasCopy(db)) await requireDiskSpace(options.path);
    await copyTables(db, migration, takeNumber, options);
  }
}

async function hasCopy(db: Database): Promise<boolean> {
  return rowsOf(await db.read([HAS_COPY]), 0).length > 0;
}
