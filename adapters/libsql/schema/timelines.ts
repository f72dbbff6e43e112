/**
 * The migration `timelines`: what is kept of messages whose content retention has deleted. A row has the messages of one
 * service that one step deleted together, so that not every message costs rows of its own.
 */
export const TIMELINES = {
  name: "timelines",
  statements: [
    // With rowids: the key is then an index without the messages themselves, along which a message is looked for.
    `CREATE TABLE timelines (
      service_id BLOB NOT NULL,
      first_id BLOB NOT NULL,
      last_id BLOB NOT NULL,
      deleted_at INTEGER NOT NULL,
      mark BLOB NOT NULL,
      ids BLOB NOT NULL,
      messages BLOB NOT NULL,
      PRIMARY KEY (service_id, first_id, last_id)
    ) STRICT`,
    "CREATE INDEX timelines_of_age ON timelines (deleted_at)",
  ],
} as const;
