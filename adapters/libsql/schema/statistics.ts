/**
 * Migration "statistics": the counts of a service's messages, and the outcome under which each message is counted. A
 * message that was accepted before the migration is not counted.
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
