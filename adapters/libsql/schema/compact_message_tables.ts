/** The tables of notifications, their delivery and what is stored with them, in the compact form. */
import type { CompactTable } from "./compact_table.ts";

/**
 * The condition of `notifications_of_status`, for queries to repeat: the notifications that a list by status does not
 * find in the outbox, and that are rare. `list_statuses.ts` has the others.
 */
export const STATUS_IS_INDEXED = `status IN ('sent', 'temporary-failure', 'permanent-failure',
    'technical-failure', 'cancelled', 'expired')`;

/** The tables of notifications, their delivery and what is stored with them, in the compact form. */
export const MESSAGE_TABLES: readonly CompactTable[] = [
  {
    name: "notifications",
    // With rowids: a long row then stays whole in a page, where a table without them stores it in pages of its own.
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        channel TEXT NOT NULL,
        key_kind TEXT NOT NULL,
        api_key_id BLOB NOT NULL,
        template_id BLOB NOT NULL,
        template_version INTEGER NOT NULL,
        sender TEXT NOT NULL,
        fragments INTEGER,
        international INTEGER NOT NULL,
        urgent INTEGER NOT NULL,
        status TEXT NOT NULL,
        status_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        sent_at INTEGER,
        completed_at INTEGER,
        acknowledged_at INTEGER,
        complained_at INTEGER,
        scheduled_for INTEGER,
        valid_until INTEGER,
        unless_read BLOB,
        job_id BLOB,
        job_row INTEGER,
        provider TEXT,
        provider_message_id TEXT,
        recipient_hash BLOB NOT NULL,
        reference_hash BLOB,
        data_key_id BLOB NOT NULL,
        events TEXT NOT NULL,
        sealed BLOB NOT NULL,
        list TEXT AS (key_kind || '/' || channel || iif(job_id IS NULL, '', '/job')) VIRTUAL,
        PRIMARY KEY (service_id, id)
      ) STRICT`,
    indexes: (name) => [
      `CREATE INDEX notifications_in_lists ON ${name} (service_id, list, id)`,
      `CREATE INDEX notifications_of_recipient ON ${name} (service_id, recipient_hash, id)`,
      `CREATE INDEX notifications_of_reference ON ${name} (service_id, reference_hash, list, id)
        WHERE reference_hash IS NOT NULL`,
      `CREATE INDEX notifications_of_status ON ${name} (service_id, status, list, id)
        WHERE ${STATUS_IS_INDEXED}`,
      `CREATE INDEX notifications_of_provider ON ${name} (provider, provider_message_id)
        WHERE provider_message_id IS NOT NULL`,
      `CREATE INDEX notifications_of_condition ON ${name} (service_id, unless_read)
        WHERE unless_read IS NOT NULL`,
      `CREATE UNIQUE INDEX notifications_of_job ON ${name} (service_id, job_id, job_row)
        WHERE job_id IS NOT NULL`,
    ],
  },
  {
    name: "outbox",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        notification_id BLOB NOT NULL,
        channel TEXT NOT NULL,
        lane INTEGER NOT NULL,
        task TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        lease_token TEXT,
        attempts INTEGER NOT NULL,
        unresolved INTEGER NOT NULL,
        undecryptable_since INTEGER,
        starts TEXT,
        PRIMARY KEY (service_id, notification_id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE INDEX outbox_of_queue ON ${name} (channel, lane, service_id, due_at)`,
    ],
  },
  {
    name: "outbox_queues",
    create: (name) =>
      `CREATE TABLE ${name} (
        channel TEXT NOT NULL,
        lane INTEGER NOT NULL,
        service_id BLOB NOT NULL,
        turn_at INTEGER,
        PRIMARY KEY (channel, lane, service_id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE INDEX outbox_queues_of_turn ON ${name} (channel, lane, turn_at)`,
    ],
  },
  {
    name: "receipts",
    create: (name) =>
      `CREATE TABLE ${name} (
        provider TEXT NOT NULL,
        message_id TEXT NOT NULL,
        mark TEXT NOT NULL,
        service_id BLOB,
        notification_id BLOB,
        kind TEXT NOT NULL,
        code TEXT,
        at INTEGER,
        received_at INTEGER NOT NULL,
        PRIMARY KEY (provider, message_id, mark)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [`CREATE INDEX receipts_of_age ON ${name} (received_at)`],
  },
  {
    name: "idempotency",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        key_hash TEXT NOT NULL,
        request_hash TEXT NOT NULL,
        data_key_id BLOB NOT NULL,
        answer BLOB NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, key_hash)
      ) STRICT`,
  },
  {
    name: "counters",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        scope TEXT NOT NULL,
        value INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, scope)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    name: "documents",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        notification_id BLOB,
        key_hash BLOB NOT NULL,
        data_key_id BLOB NOT NULL,
        recipient_hash BLOB,
        name BLOB,
        type TEXT NOT NULL,
        size INTEGER NOT NULL,
        confirm INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        gone_at INTEGER,
        attempts INTEGER NOT NULL,
        attempts_since INTEGER NOT NULL,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE INDEX documents_of_age ON ${name} (expires_at) WHERE gone_at IS NULL`,
      `CREATE INDEX documents_deleted ON ${name} (gone_at) WHERE gone_at IS NOT NULL`,
    ],
  },
  {
    name: "unsubscribe_requests",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        notification_id BLOB NOT NULL,
        template_id BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE UNIQUE INDEX unsubscribe_requests_of_notification
        ON ${name} (service_id, notification_id)`,
      `CREATE INDEX unsubscribe_requests_of_age ON ${name} (at)`,
    ],
  },
];
