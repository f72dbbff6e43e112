/**
 * The compact form of the tables: ids of 16 bytes, a notification's timeline and provider id in its own row, no index
 * entry that no question needs. `docs/storage.md` describes the columns.
 *
 * STRICT tables, so that a statement with ids as text fails instead of writing a row that nothing finds. Every index has
 * another name than those before: both stand side by side while the rows are copied.
 */

/**
 * The condition of `notifications_of_status`, for queries to repeat: the notifications that a list by status does not
 * find in the outbox, and that are rare. `list_statuses.ts` has the others.
 */
export const STATUS_IS_INDEXED = `status IN ('sent', 'temporary-failure', 'permanent-failure',
    'technical-failure', 'cancelled', 'expired')`;

/** A table that can be created under another name first. */
export interface CompactTable {
  readonly name: string;
  /** @param name the name under which the table is created */
  readonly create: (name: string) => string;
  /** @param name the name of the table */
  readonly indexes?: (name: string) => readonly string[];
}

/** Every table of the compact form. */
export const COMPACT_TABLES: readonly CompactTable[] = [
  {
    name: "services",
    create: (name) =>
      `CREATE TABLE ${name} (
        id BLOB NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        mode TEXT NOT NULL,
        active INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        settings TEXT NOT NULL,
        data_key_id BLOB NOT NULL,
        guests BLOB,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
  },
  {
    name: "data_keys",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        master_key_id TEXT NOT NULL,
        wrapped BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    name: "api_keys",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        name TEXT NOT NULL,
        folded_name TEXT NOT NULL,
        kind TEXT NOT NULL,
        master_key_id TEXT NOT NULL,
        secret BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        revoked_at INTEGER,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE UNIQUE INDEX api_keys_by_name ON ${name} (service_id, folded_name)
        WHERE revoked_at IS NULL`,
    ],
  },
  {
    name: "templates",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        number INTEGER NOT NULL,
        channel TEXT NOT NULL,
        version INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        archived_at INTEGER,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE UNIQUE INDEX templates_of_number ON ${name} (service_id, number)`,
    ],
  },
  {
    name: "template_versions",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        template_id BLOB NOT NULL,
        version INTEGER NOT NULL,
        name TEXT NOT NULL,
        subject TEXT,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        unsubscribe_link INTEGER NOT NULL DEFAULT 0,
        syntax TEXT NOT NULL DEFAULT 'notify',
        short_text TEXT,
        external_id TEXT,
        external_published_at INTEGER,
        PRIMARY KEY (service_id, template_id, version)
      ) STRICT`,
  },
  {
    name: "registry_templates",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        channel TEXT NOT NULL,
        name TEXT NOT NULL,
        template_id BLOB NOT NULL,
        attributes TEXT NOT NULL,
        PRIMARY KEY (service_id, channel, name)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE UNIQUE INDEX registry_templates_of_template ON ${name} (service_id, template_id)`,
    ],
  },
  {
    name: "senders",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        channel TEXT NOT NULL,
        value TEXT NOT NULL,
        is_default INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE UNIQUE INDEX senders_of_value ON ${name} (service_id, channel, value)`,
      `CREATE UNIQUE INDEX senders_by_default ON ${name} (service_id, channel)
        WHERE is_default = 1`,
    ],
  },
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
  {
    name: "inboxes",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        recipient_hash BLOB NOT NULL,
        total INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        all_acknowledged_at_sequence INTEGER NOT NULL,
        PRIMARY KEY (service_id, recipient_hash)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    name: "inbox_messages",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        recipient_hash BLOB NOT NULL,
        sequence INTEGER NOT NULL,
        id BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        acknowledged_at INTEGER,
        acknowledged_sequence INTEGER,
        data_key_id BLOB NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (service_id, recipient_hash, sequence)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      `CREATE INDEX inbox_messages_not_read ON ${name} (service_id, recipient_hash, sequence)
        WHERE acknowledged_at IS NULL`,
      `CREATE INDEX inbox_messages_of_acknowledgement
        ON ${name} (service_id, recipient_hash, acknowledged_sequence)
        WHERE acknowledged_sequence IS NOT NULL`,
      `CREATE UNIQUE INDEX inbox_messages_of_id ON ${name} (service_id, id)`,
    ],
  },
  {
    name: "person_channels",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        person_hash BLOB NOT NULL,
        channel TEXT NOT NULL,
        activated INTEGER NOT NULL,
        address BLOB,
        address_key_id BLOB,
        reason BLOB,
        reason_key_id BLOB,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, person_hash, channel)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    name: "person_settings",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        person_hash BLOB NOT NULL,
        id BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, person_hash)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    name: "channel_codes",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        person_hash BLOB NOT NULL,
        channel TEXT NOT NULL,
        id BLOB NOT NULL,
        code_hash BLOB NOT NULL,
        tries INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (service_id, person_hash, channel)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [`CREATE INDEX channel_codes_of_age ON ${name} (expires_at)`],
  },
  {
    name: "jobs",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        id BLOB NOT NULL,
        channel TEXT NOT NULL,
        template_id BLOB NOT NULL,
        template_version INTEGER NOT NULL,
        key_kind TEXT NOT NULL,
        api_key_id BLOB NOT NULL,
        sender_id BLOB,
        status TEXT NOT NULL,
        row_count INTEGER NOT NULL,
        scheduled_for INTEGER,
        valid_until INTEGER,
        urgent INTEGER NOT NULL,
        held INTEGER NOT NULL,
        allow_duplicates INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER,
        error TEXT,
        key_hash TEXT,
        file_hash TEXT NOT NULL,
        claim_expires_at INTEGER NOT NULL,
        due_at INTEGER,
        lease_token TEXT,
        undecryptable_since INTEGER,
        data_key_id BLOB NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (service_id, id)
      ) STRICT, WITHOUT ROWID`,
    indexes: (name) => [
      // `due_at` is set while there is something to do: when the job is runnable, or when its lease ends.
      `CREATE INDEX jobs_of_due_time ON ${name} (due_at) WHERE due_at IS NOT NULL`,
      `CREATE INDEX jobs_of_key ON ${name} (service_id, key_hash) WHERE key_hash IS NOT NULL`,
      `CREATE INDEX jobs_of_file ON ${name} (service_id, file_hash, created_at)`,
      `CREATE INDEX jobs_of_age ON ${name} (service_id, created_at, id)`,
      `CREATE INDEX jobs_of_end ON ${name} (finished_at) WHERE finished_at IS NOT NULL`,
      `CREATE INDEX jobs_not_started ON ${name} (created_at) WHERE status = 'ready to send'`,
    ],
  },
  {
    name: "job_parts",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        job_id BLOB NOT NULL,
        number INTEGER NOT NULL,
        first_row INTEGER NOT NULL,
        last_row INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        data_key_id BLOB NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (service_id, job_id, number)
      ) STRICT`,
    indexes: (name) => [`CREATE INDEX job_parts_of_age ON ${name} (created_at)`],
  },
  {
    name: "job_counts",
    create: (name) =>
      `CREATE TABLE ${name} (
        service_id BLOB NOT NULL,
        job_id BLOB NOT NULL,
        status TEXT NOT NULL,
        rows INTEGER NOT NULL,
        PRIMARY KEY (service_id, job_id, status)
      ) STRICT, WITHOUT ROWID`,
  },
];

/**
 * The turn of a queue comes no later than its first row is due; an empty queue may have none. It may come earlier: a claim
 * that finds no due row puts it right.
 */
const KEEP_TURN = `INSERT INTO outbox_queues (channel, lane, service_id, turn_at)
    VALUES (NEW.channel, NEW.lane, NEW.service_id, NEW.due_at)
    ON CONFLICT (channel, lane, service_id) DO UPDATE SET turn_at = excluded.turn_at
      WHERE outbox_queues.turn_at IS NULL OR excluded.turn_at < outbox_queues.turn_at;`;

/** The triggers. They name the tables by their final names, so they are created last. */
export const COMPACT_TRIGGERS: readonly string[] = [
  // Triggers, so that no writer of the outbox can forget it.
  `CREATE TRIGGER outbox_row_inserted AFTER INSERT ON outbox
  BEGIN
    ${KEEP_TURN}
  END`,
  `CREATE TRIGGER outbox_row_updated AFTER UPDATE OF due_at, lane ON outbox
  WHEN NEW.due_at < OLD.due_at OR NEW.lane <> OLD.lane
  BEGIN
    ${KEEP_TURN}
  END`,
  // Every change of a notification's status updates the counters of its job. Accepts add to them by the batch, and
  // deleting notifications keeps them.
  `CREATE TRIGGER job_row_changed AFTER UPDATE OF status ON notifications
  WHEN NEW.job_id IS NOT NULL AND OLD.status <> NEW.status
  BEGIN
    UPDATE job_counts SET rows = rows - 1 WHERE service_id = NEW.service_id
      AND job_id = NEW.job_id AND status = OLD.status;
    INSERT INTO job_counts (service_id, job_id, status, rows)
    VALUES (NEW.service_id, NEW.job_id, NEW.status, 1)
    ON CONFLICT (service_id, job_id, status) DO UPDATE SET rows = rows + 1;
  END`,
];
