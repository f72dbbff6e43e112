/**
 * The migration `message_filters`: the indexes by which lists of messages are filtered, and the counts of a service by the
 * day. Of the indexes one is written at every accept, and serves templates and keys; the other one only when a message
 * fails.
 */

/** SQL of the condition of `notifications_of_failure`, for queries to repeat. `counted_as` of a failure has a reason. */
export const IS_COUNTED_FAILURE = "counted_as > 'failed ' AND counted_as < 'failed!'";

/** SQL of the UTC day of a row of `statistics`. */
function dayOf(row: "NEW" | "OLD" | "s"): string {
  return `iif(${row}.unit = 'hour', ${row}.period / 24, ${row}.period)`;
}

/**
 * SQL of statements that add to the counts of a row's day. Counts of hours are added to the day before those of hours are
 * deleted, so that the sum of a day is zero only when its last count is deleted.
 */
function addToDay(row: "NEW" | "OLD", messages: string): string {
  return `INSERT INTO service_days (service_id, day, channel, outcome, messages)
      VALUES (${row}.service_id, ${dayOf(row)}, ${row}.channel, ${row}.outcome, ${messages})
      ON CONFLICT (service_id, day, channel, outcome)
        DO UPDATE SET messages = messages + excluded.messages;`;
}

/** The migration. */
export const MESSAGE_FILTERS = {
  name: "message_filters",
  statements: [
    `CREATE INDEX notifications_of_template
      ON notifications (service_id, template_id, api_key_id, id)`,
    `CREATE INDEX notifications_of_failure ON notifications (service_id, counted_as, id)
      WHERE ${IS_COUNTED_FAILURE}`,
    `CREATE TABLE service_days (
      service_id BLOB NOT NULL,
      day INTEGER NOT NULL,
      channel TEXT NOT NULL,
      outcome TEXT NOT NULL,
      messages INTEGER NOT NULL,
      PRIMARY KEY (service_id, day, channel, outcome)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO service_days
      SELECT s.service_id, ${dayOf("s")}, s.channel, s.outcome, sum(s.messages)
      FROM statistics AS s WHERE s.key_kind <> 'test' GROUP BY 1, 2, 3, 4`,
    `CREATE TRIGGER statistics_counted AFTER INSERT ON statistics
    WHEN NEW.key_kind <> 'test'
    BEGIN
      ${addToDay("NEW", "NEW.messages")}
    END`,
    `CREATE TRIGGER statistics_changed AFTER UPDATE OF messages ON statistics
    WHEN NEW.key_kind <> 'test'
    BEGIN
      ${addToDay("NEW", "NEW.messages - OLD.messages")}
    END`,
    `CREATE TRIGGER statistics_deleted AFTER DELETE ON statistics
    WHEN OLD.key_kind <> 'test'
    BEGIN
      ${addToDay("OLD", "-OLD.messages")}
      DELETE FROM service_days WHERE service_id = OLD.service_id AND day = ${dayOf("OLD")}
        AND channel = OLD.channel AND outcome = OLD.outcome AND messages = 0;
    END`,
  ],
} as const;
