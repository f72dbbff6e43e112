/** Migration "callbacks": the callbacks of services, and the outbox and log of their deliveries. */

/** The migration's name and statements. */
export const CALLBACKS = {
  name: "callbacks",
  statements: [
    `CREATE TABLE callbacks (
      service_id BLOB NOT NULL,
      kind TEXT NOT NULL,
      data_key_id BLOB NOT NULL,
      secrets BLOB NOT NULL,
      position INTEGER NOT NULL,
      replay_next INTEGER,
      replay_to INTEGER,
      failures INTEGER NOT NULL,
      paused_until INTEGER NOT NULL,
      disabled_at INTEGER,
      lease_token TEXT,
      lease_until INTEGER NOT NULL,
      served_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, kind)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE callback_deliveries (
      service_id BLOB NOT NULL,
      kind TEXT NOT NULL,
      number INTEGER NOT NULL,
      subject_id BLOB NOT NULL,
      state TEXT NOT NULL,
      tries INTEGER NOT NULL,
      http_status INTEGER,
      error TEXT,
      created_at INTEGER NOT NULL,
      tried_at INTEGER,
      due_at INTEGER,
      data_key_id BLOB,
      payload BLOB,
      PRIMARY KEY (service_id, kind, number)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX callback_deliveries_waiting ON callback_deliveries (service_id, kind, due_at)
      WHERE state = 'waiting'`,
  ],
} as const;
