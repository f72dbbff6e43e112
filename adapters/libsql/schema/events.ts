/** The migration `events`: the log of what happened to the notifications of a service, in one gapless sequence. */

/** The statuses of `STATUSES_IN_PROGRESS` when the migration was released: a released migration does not change. */
const IN_PROGRESS = "('created', 'sending', 'pending')";

/** Appends an event of the notification `NEW`. Writes are serialised, so no number is taken twice or left out. */
function append(type: string, at: string): string {
  return `INSERT INTO service_events (service_id, sequence, notification_id, key_kind, type, status, at)
    VALUES (NEW.service_id,
      1 + coalesce((SELECT max(sequence) FROM service_events WHERE service_id = NEW.service_id), 0),
      NEW.id, NEW.key_kind, ${type}, NEW.status, ${at});`;
}

/** The migration. Triggers, so that no writer can forget an event, and a process of the version before writes them too. */
export const EVENTS = {
  name: "events",
  statements: [
    `CREATE TABLE service_events (
      service_id BLOB NOT NULL,
      sequence INTEGER NOT NULL,
      notification_id BLOB NOT NULL,
      key_kind TEXT NOT NULL,
      type TEXT NOT NULL,
      status TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (service_id, sequence)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TRIGGER notification_status_logged AFTER UPDATE OF status ON notifications
    WHEN NEW.status <> OLD.status
      AND (NEW.status NOT IN ${IN_PROGRESS} OR OLD.status NOT IN ${IN_PROGRESS})
    BEGIN
      ${append("NEW.status", "NEW.status_at")}
    END`,
    `CREATE TRIGGER notification_acknowledgement_logged
    AFTER UPDATE OF acknowledged_at ON notifications
    WHEN OLD.acknowledged_at IS NULL AND NEW.acknowledged_at IS NOT NULL
    BEGIN
      ${append("'acknowledged'", "NEW.acknowledged_at")}
    END`,
    `CREATE TRIGGER notification_complaint_logged AFTER UPDATE OF complained_at ON notifications
    WHEN OLD.complained_at IS NULL AND NEW.complained_at IS NOT NULL
    BEGIN
      ${append("'complaint'", "NEW.complained_at")}
    END`,
  ],
};
