/** The migration `inbound`: suppressed recipients, the numbers of services, and the text messages that they receive. */

/**
 * Suppresses the recipient of the e-mail `NEW`. Messages of test keys are simulated, so they say nothing of a recipient.
 * A suppression that was lifted is put back.
 */
function suppress(because: string, at: string): string {
  return `INSERT INTO suppressions (service_id, recipient_hash, channel, id, because,
      notification_id, created_at)
    VALUES (NEW.service_id, NEW.recipient_hash, NEW.channel, NEW.id, '${because}', NEW.id, ${at})
    ON CONFLICT (service_id, recipient_hash, channel) DO UPDATE SET because = excluded.because,
      notification_id = excluded.notification_id, created_at = excluded.created_at,
      lifted_at = NULL, lift_data_key_id = NULL, lift_reason = NULL
    WHERE lifted_at IS NOT NULL;`;
}

const OF_REAL_EMAIL = "NEW.channel = 'email' AND NEW.key_kind <> 'test'";

/** The migration. Triggers, so that no writer of a status can forget a suppression, and a process of the version before adds them too. */
export const INBOUND = {
  name: "inbound",
  statements: [
    `CREATE TABLE suppressions (
      service_id BLOB NOT NULL,
      recipient_hash BLOB NOT NULL,
      channel TEXT NOT NULL,
      id BLOB NOT NULL,
      because TEXT NOT NULL,
      notification_id BLOB,
      data_key_id BLOB,
      sealed BLOB,
      created_at INTEGER NOT NULL,
      lifted_at INTEGER,
      lift_data_key_id BLOB,
      lift_reason BLOB,
      PRIMARY KEY (service_id, recipient_hash, channel)
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX suppressions_of_id ON suppressions (service_id, id)",
    "CREATE INDEX suppressions_in_lists ON suppressions (service_id, created_at, id)",
    `CREATE INDEX suppressions_lifted ON suppressions (lifted_at) WHERE lifted_at IS NOT NULL`,
    `CREATE TRIGGER notification_hard_bounce_suppresses AFTER UPDATE OF status ON notifications
    WHEN NEW.status = 'permanent-failure' AND OLD.status <> 'permanent-failure'
      AND ${OF_REAL_EMAIL}
    BEGIN
      ${suppress("hard-bounce", "NEW.status_at")}
    END`,
    `CREATE TRIGGER notification_hard_bounce_corrected AFTER UPDATE OF status ON notifications
    WHEN OLD.status = 'permanent-failure' AND NEW.status <> 'permanent-failure'
      AND ${OF_REAL_EMAIL}
    BEGIN
      UPDATE suppressions SET lifted_at = NEW.status_at
      WHERE service_id = NEW.service_id AND recipient_hash = NEW.recipient_hash
        AND channel = NEW.channel AND because = 'hard-bounce' AND notification_id = NEW.id
        AND lifted_at IS NULL;
    END`,
    `CREATE TRIGGER notification_complaint_suppresses AFTER UPDATE OF complained_at ON notifications
    WHEN OLD.complained_at IS NULL AND NEW.complained_at IS NOT NULL AND ${OF_REAL_EMAIL}
    BEGIN
      ${suppress("complaint", "NEW.complained_at")}
    END`,
    `CREATE TABLE inbound_numbers (
      number_hash BLOB NOT NULL PRIMARY KEY,
      service_id BLOB NOT NULL,
      id BLOB NOT NULL,
      data_key_id BLOB NOT NULL,
      sealed BLOB NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX inbound_numbers_of_service ON inbound_numbers (service_id, id)",
    `CREATE TABLE received_texts (
      service_id BLOB NOT NULL,
      id BLOB NOT NULL,
      sender_hash BLOB NOT NULL,
      data_key_id BLOB NOT NULL,
      sealed BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, id)
    ) STRICT, WITHOUT ROWID`,
    "CREATE INDEX received_texts_of_sender ON received_texts (service_id, sender_hash, id)",
    `CREATE TABLE received_text_marks (
      mark BLOB NOT NULL PRIMARY KEY,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    "CREATE INDEX received_text_marks_of_age ON received_text_marks (at)",
  ],
} as const;
