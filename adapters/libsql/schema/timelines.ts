/**
 * The migration `timelines`: what is kept of messages whose content retention has deleted. A row has the messages of one
 * service that one step deleted together, so that not every message costs rows of its own.
 */
export const TIMELINES = {
  name: "timelines",
  statements: [
    // Without a primary key: the index of the ids has a name, by which statements say that they use it.
    `CREATE TABLE timelines (
      service_id BLOB NOT NULL,
      first_id BLOB NOT NULL,
      last_id BLOB NOT NULL,
      deleted_at INTEGER NOT NULL,
      mark BLOB NOT NULL,
      ids BLOB NOT NULL,
      messages BLOB NOT NULL
    ) STRICT`,
    "CREATE UNIQUE INDEX timelines_of_ids ON timelines (service_id, first_id, last_id)",
    "CREATE INDEX timelines_of_age ON timelines (deleted_at)",
  ],
} as const;
