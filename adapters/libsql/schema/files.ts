/** Migration 2: files that are sent by e-mail as links. */
export const FILES_SCHEMA: readonly string[] = [
  `CREATE TABLE documents (
    service_id TEXT NOT NULL,
    id TEXT NOT NULL,
    notification_id TEXT,
    key_hash BLOB NOT NULL,
    data_key_id TEXT NOT NULL,
    recipient_hash BLOB,
    name BLOB,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    confirm INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    gone_at INTEGER,
    attempts INTEGER NOT NULL,
    attempts_since INTEGER NOT NULL,
    PRIMARY KEY (service_id, id)
  ) WITHOUT ROWID`,
  `CREATE INDEX documents_by_age ON documents (expires_at) WHERE gone_at IS NULL`,
  `CREATE INDEX documents_gone ON documents (gone_at) WHERE gone_at IS NOT NULL`,
];
