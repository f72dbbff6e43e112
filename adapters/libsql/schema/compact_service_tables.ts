/** The tables of services, their keys, templates and senders, in the compact form. */
import type { CompactTable } from "./compact_table.ts";

/** The tables of services, their keys, templates and senders, in the compact form. */
export const SERVICE_TABLES: readonly CompactTable[] = [
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
];
