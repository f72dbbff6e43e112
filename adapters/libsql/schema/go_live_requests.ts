/** The migration `go_live_requests`: the requests of teams to go live, with the operators' answers. */

/** The migration. */
export const GO_LIVE_REQUESTS = {
  name: "go_live_requests",
  statements: [
    `CREATE TABLE go_live_requests (
      id BLOB NOT NULL PRIMARY KEY,
      service_id BLOB NOT NULL,
      asked_by TEXT NOT NULL,
      asked_at INTEGER NOT NULL,
      volumes TEXT NOT NULL,
      contact BLOB NOT NULL,
      approved INTEGER,
      reason BLOB,
      limits TEXT,
      answered_by TEXT,
      answered_at INTEGER,
      mark BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`,
    // One request of a service waits.
    `CREATE UNIQUE INDEX go_live_requests_of_waiting ON go_live_requests (service_id)
      WHERE answered_at IS NULL`,
    "CREATE INDEX go_live_requests_of_service ON go_live_requests (service_id, asked_at)",
    `CREATE INDEX go_live_requests_by_age ON go_live_requests (asked_at, id)
      WHERE answered_at IS NULL`,
  ],
} as const;
