/**
 * Migration "statistics": the counts of a service's messages, and as what each message is counted. A message from before
 * is counted as nothing.
 */
export const STATISTICS = {
  name: "statistics",
  statements: [
    `CREATE TABLE statistics (
      unit TEXT NOT NULL,
      service_id BLOB NOT NULL,
      period INTEGER NOT NULL,
      channel TEXT NOT NULL,
      key_kind TEXT NOT NULL,
      template_id BLOB NOT NULL,
      outcome TEXT NOT NULL,
      messages INTEGER NOT NULL,
      PRIMARY KEY (unit, service_id, period, channel, key_kind, template_id, outcome)
    ) STRICT, WITHOUT ROWID`,
    "ALTER TABLE notifications ADD COLUMN counted_as TEXT",
  ],
} as const;
