/** Migration 6: turns of the outbox's queues, rows that cannot be decrypted, and the lease of the upkeep. */

/**
 * The turn of a queue comes no later than its first row is due; an empty queue may have none. It may come earlier: a claim
 * that finds no due row puts it right.
 */
const KEEP_TURN = `INSERT INTO outbox_queues (channel, queue, lane, turn_at)
    VALUES (NEW.channel, NEW.lane || NEW.service_id, NEW.lane, NEW.due_at)
    ON CONFLICT (channel, queue) DO UPDATE SET turn_at = excluded.turn_at
      WHERE outbox_queues.turn_at IS NULL OR excluded.turn_at < outbox_queues.turn_at;`;

export const UPKEEP = {
  name: "upkeep",
  statements: [
    `CREATE TABLE outbox_queues (
      channel TEXT NOT NULL,
      queue TEXT NOT NULL,
      lane INTEGER NOT NULL,
      turn_at INTEGER,
      PRIMARY KEY (channel, queue)
    ) WITHOUT ROWID`,
    `CREATE INDEX outbox_queues_by_turn ON outbox_queues (channel, lane, turn_at)`,
    // Triggers, so that no writer of the outbox can forget it, nor a process of the version before.
    `CREATE TRIGGER outbox_row_added AFTER INSERT ON outbox
    BEGIN
      ${KEEP_TURN}
    END`,
    `CREATE TRIGGER outbox_row_moved AFTER UPDATE OF due_at, lane ON outbox
    WHEN NEW.due_at < OLD.due_at OR NEW.lane <> OLD.lane
    BEGIN
      ${KEEP_TURN}
    END`,
    `INSERT INTO outbox_queues (channel, queue, lane, turn_at)
      SELECT channel, queue, lane, min(due_at) FROM outbox GROUP BY channel, queue`,
    `ALTER TABLE outbox ADD COLUMN undecryptable_since INTEGER`,
    `ALTER TABLE jobs ADD COLUMN undecryptable_since INTEGER`,
    `CREATE TABLE upkeep (
      name TEXT NOT NULL PRIMARY KEY,
      lease_token TEXT NOT NULL,
      lease_until INTEGER NOT NULL,
      position TEXT
    ) WITHOUT ROWID`,
  ],
};
