/** The tables of bulk jobs, in the compact form. */
import type { CompactTable } from "./compact_table.ts";

/** The tables of bulk jobs, in the compact form. */
export const JOB_TABLES: readonly CompactTable[] = [
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
