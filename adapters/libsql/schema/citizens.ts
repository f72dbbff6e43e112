/**
 * Migration 4: inboxes, recipient settings and templates of registries; scheduling, expiry, follow-ups and jobs of
 * notifications; and the columns by which the outbox serves services and priorities round-robin.
 */
export const CITIZENS = {
  name: "citizens",
  statements: [
    // When and on what conditions a notification is sent.
    `ALTER TABLE notifications ADD COLUMN scheduled_for INTEGER`,
    `ALTER TABLE notifications ADD COLUMN valid_until INTEGER`,
    `ALTER TABLE notifications ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE notifications ADD COLUMN unless_read TEXT`,
    `ALTER TABLE notifications ADD COLUMN job_id TEXT`,
    `ALTER TABLE notifications ADD COLUMN job_row INTEGER`,
    `ALTER TABLE notifications ADD COLUMN acknowledged_at INTEGER`,
    `CREATE INDEX notifications_by_condition ON notifications (service_id, unless_read)
      WHERE unless_read IS NOT NULL`,
    `CREATE UNIQUE INDEX notifications_by_job ON notifications (service_id, job_id, job_row)
      WHERE job_id IS NOT NULL`,
    // A queue is a priority of a service; a channel's queues are served round-robin.
    `ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT ''`,
    `ALTER TABLE outbox ADD COLUMN lane INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE outbox ADD COLUMN queue TEXT AS (lane || service_id) VIRTUAL`,
    `UPDATE outbox SET lane = iif(task = 'deliver', 0, 2), channel = (SELECT n.channel
      FROM notifications AS n
      WHERE n.service_id = outbox.service_id AND n.id = outbox.notification_id)`,
    `DROP INDEX outbox_due`,
    `CREATE INDEX outbox_turns ON outbox (channel, queue, due_at)`,
    // A service that could use every channel gets the new ones too.
    `UPDATE services
      SET settings = json_set(settings, '$.channels', json('["sms","email","inbox","diia"]'))
      WHERE settings->>'$.channels' IN ('["sms","email"]', '["email","sms"]')`,
    // Templates that a registry publishes.
    `ALTER TABLE template_versions ADD COLUMN syntax TEXT NOT NULL DEFAULT 'notify'`,
    `ALTER TABLE template_versions ADD COLUMN short_text TEXT`,
    `ALTER TABLE template_versions ADD COLUMN external_id TEXT`,
    `ALTER TABLE template_versions ADD COLUMN external_published_at INTEGER`,
    `CREATE TABLE registry_templates (
      service_id TEXT NOT NULL,
      channel TEXT NOT NULL,
      name TEXT NOT NULL,
      template_id TEXT NOT NULL,
      attributes TEXT NOT NULL,
      PRIMARY KEY (service_id, channel, name)
    ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX registry_templates_by_template
      ON registry_templates (service_id, template_id)`,
    // Values that the deployment has chosen once.
    `CREATE TABLE deployment (
      name TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL
    ) WITHOUT ROWID`,
    // Inboxes. The messages of a recipient are adjacent, in the order in which they were added.
    `CREATE TABLE inboxes (
      service_id TEXT NOT NULL,
      recipient_hash BLOB NOT NULL,
      total INTEGER NOT NULL,
      unread INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      all_acknowledged_at_sequence INTEGER NOT NULL,
      PRIMARY KEY (service_id, recipient_hash)
    ) WITHOUT ROWID`,
    `CREATE TABLE inbox_messages (
      service_id TEXT NOT NULL,
      recipient_hash BLOB NOT NULL,
      sequence INTEGER NOT NULL,
      id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      acknowledged_at INTEGER,
      acknowledged_sequence INTEGER,
      data_key_id TEXT NOT NULL,
      sealed BLOB NOT NULL,
      PRIMARY KEY (service_id, recipient_hash, sequence)
    ) WITHOUT ROWID`,
    `CREATE INDEX inbox_messages_unread ON inbox_messages (service_id, recipient_hash, sequence)
      WHERE acknowledged_at IS NULL`,
    `CREATE INDEX inbox_messages_by_acknowledgement
      ON inbox_messages (service_id, recipient_hash, acknowledged_sequence)
      WHERE acknowledged_sequence IS NOT NULL`,
    `CREATE UNIQUE INDEX inbox_messages_by_id ON inbox_messages (service_id, id)`,
    // The channels of a person, and the passcodes that verify them.
    `CREATE TABLE person_channels (
      service_id TEXT NOT NULL,
      person_hash BLOB NOT NULL,
      channel TEXT NOT NULL,
      activated INTEGER NOT NULL,
      address BLOB,
      address_key_id TEXT,
      reason BLOB,
      reason_key_id TEXT,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, person_hash, channel)
    ) WITHOUT ROWID`,
    `CREATE TABLE person_settings (
      service_id TEXT NOT NULL,
      person_hash BLOB NOT NULL,
      id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, person_hash)
    ) WITHOUT ROWID`,
    `CREATE TABLE channel_codes (
      service_id TEXT NOT NULL,
      person_hash BLOB NOT NULL,
      channel TEXT NOT NULL,
      id TEXT NOT NULL,
      code_hash BLOB NOT NULL,
      tries INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, person_hash, channel)
    ) WITHOUT ROWID`,
    `CREATE INDEX channel_codes_by_age ON channel_codes (expires_at)`,
  ],
};
