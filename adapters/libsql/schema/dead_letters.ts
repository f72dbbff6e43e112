/**
 * The migration `dead_letters`: the messages that ended as `technical-failure`, so that an operator finds them without
 * reading all others, and the commands (redrive, drop) that work through many of them.
 */

import { STATUS_IS_INDEXED } from "./compact_message_tables.ts";

/**
 * Why the notification of a row failed: `counted_as` is `failed` with a blank and the reason, which begins with the
 * provider and a colon when one was called.
 */
function reasonOf(row: string): string {
  return `coalesce(substr(${row}.counted_as, 8), 'unknown')`;
}

function columnsOf(row: string): string {
  const reason = reasonOf(row);
  return `${row}.id, ${row}.service_id, ${row}.channel,
      iif(instr(${reason}, ':'), substr(${reason}, 1, instr(${reason}, ':') - 1), NULL),
      substr(${reason}, instr(${reason}, ':') + 1), ${row}.status_at`;
}

const INSERT =
  "INSERT INTO dead_letters (notification_id, service_id, channel, provider, reason, failed_at)";

const DELETE = `DELETE FROM dead_letters
      WHERE notification_id = OLD.id AND service_id = OLD.service_id;`;

/** The migration. Triggers, so that no writer of a status can forget one, and a process of the version before keeps them too. */
export const DEAD_LETTERS = {
  name: "dead_letters",
  statements: [
    `CREATE TABLE dead_letters (
      notification_id BLOB NOT NULL,
      service_id BLOB NOT NULL,
      channel TEXT NOT NULL,
      provider TEXT,
      reason TEXT NOT NULL,
      failed_at INTEGER NOT NULL,
      dropped_at INTEGER,
      drop_reason TEXT,
      PRIMARY KEY (notification_id, service_id)
    ) STRICT, WITHOUT ROWID`,
    `${INSERT}
    SELECT ${columnsOf("n")} FROM services AS s
    CROSS JOIN notifications AS n INDEXED BY notifications_of_status
      ON n.service_id = s.id AND n.status = 'technical-failure' AND n.${STATUS_IS_INDEXED}`,
    `CREATE TRIGGER notification_dead_lettered AFTER UPDATE OF status ON notifications
    WHEN NEW.status = 'technical-failure' AND OLD.status <> 'technical-failure'
    BEGIN
      ${INSERT}
      VALUES (${columnsOf("NEW")});
    END`,
    `CREATE TRIGGER dead_letter_corrected AFTER UPDATE OF status ON notifications
    WHEN OLD.status = 'technical-failure' AND NEW.status <> 'technical-failure'
    BEGIN
      ${DELETE}
    END`,
    `CREATE TRIGGER dead_letter_deleted AFTER DELETE ON notifications
    WHEN OLD.status = 'technical-failure'
    BEGIN
      ${DELETE}
    END`,
    `CREATE TABLE dead_letter_commands (
      id BLOB NOT NULL PRIMARY KEY,
      action TEXT NOT NULL,
      filter TEXT NOT NULL,
      reason TEXT,
      matched INTEGER,
      done INTEGER NOT NULL,
      skipped TEXT NOT NULL,
      place BLOB NOT NULL,
      step_token TEXT,
      created_at INTEGER NOT NULL,
      finished_at INTEGER
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX dead_letter_commands_under_way ON dead_letter_commands (created_at)
      WHERE finished_at IS NULL`,
    `CREATE INDEX dead_letter_commands_finished ON dead_letter_commands (finished_at)
      WHERE finished_at IS NOT NULL`,
    // When the operator put the message back to be sent: its 72 hours of tries begin anew. `NULL` for most.
    "ALTER TABLE outbox ADD COLUMN redriven_at INTEGER",
  ],
} as const;
