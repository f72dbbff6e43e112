/** Migration 3: a service's senders (reply-to addresses and text message senders), and requests to unsubscribe. */
export const SENDERS = {
  name: "senders",
  statements: [
    `CREATE TABLE senders (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      channel TEXT NOT NULL,
      value TEXT NOT NULL,
      is_default INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, id)
    ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX senders_by_value ON senders (service_id, channel, value)`,
    `CREATE UNIQUE INDEX senders_default ON senders (service_id, channel) WHERE is_default = 1`,
    `ALTER TABLE template_versions ADD COLUMN unsubscribe_link INTEGER NOT NULL DEFAULT 0`,
    `CREATE TABLE unsubscribe_requests (
      service_id TEXT NOT NULL,
      id TEXT NOT NULL,
      notification_id TEXT NOT NULL,
      template_id TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (service_id, id)
    ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX unsubscribe_requests_by_notification
      ON unsubscribe_requests (service_id, notification_id)`,
    `CREATE INDEX unsubscribe_requests_by_age ON unsubscribe_requests (at)`,
  ],
};
