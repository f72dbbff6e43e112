/** The tables of inboxes and of recipient settings, in the compact form. */
import type { CompactTable } from "./compact_table.ts";

/** The tables of inboxes and of recipient settings, in the compact form. */
export const RECIPIENT_TABLES: readonly CompactTable[] = [
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
];
