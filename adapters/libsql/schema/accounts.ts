/** The migration `accounts`: people who sign in, their sessions and codes, the teams of services, and the audit log. */

/** The migration. */
export const ACCOUNTS = {
  name: "accounts",
  statements: [
    `CREATE TABLE users (
      id BLOB NOT NULL PRIMARY KEY,
      email_hash BLOB NOT NULL,
      name BLOB NOT NULL,
      email BLOB NOT NULL,
      mobile BLOB,
      totp BLOB,
      totp_step INTEGER NOT NULL DEFAULT 0,
      password TEXT NOT NULL,
      state TEXT NOT NULL,
      language TEXT NOT NULL,
      is_operator INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX users_of_email ON users (email_hash)",
    `CREATE TABLE user_codes (
      id BLOB NOT NULL PRIMARY KEY,
      purpose TEXT NOT NULL,
      holder BLOB NOT NULL,
      code_hash BLOB NOT NULL,
      user_id BLOB,
      sealed BLOB,
      notification_id BLOB,
      tries INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      used_at INTEGER,
      used_mark BLOB,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    "CREATE INDEX user_codes_of_holder ON user_codes (purpose, holder, created_at)",
    "CREATE INDEX user_codes_of_user ON user_codes (user_id, purpose) WHERE user_id IS NOT NULL",
    "CREATE INDEX user_codes_of_age ON user_codes (expires_at)",
    `CREATE TABLE sessions (
      id BLOB NOT NULL PRIMARY KEY,
      token_hash BLOB NOT NULL,
      user_id BLOB NOT NULL,
      stage TEXT NOT NULL,
      sealed BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      reauthenticated_at INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX sessions_of_token ON sessions (token_hash)",
    "CREATE INDEX sessions_of_user ON sessions (user_id, created_at)",
    "CREATE INDEX sessions_of_age ON sessions (expires_at)",
    `CREATE TABLE memberships (
      service_id BLOB NOT NULL,
      user_id BLOB NOT NULL,
      roles TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (service_id, user_id)
    ) STRICT, WITHOUT ROWID`,
    "CREATE INDEX memberships_of_user ON memberships (user_id, service_id)",
    `CREATE TABLE invitations (
      id BLOB NOT NULL PRIMARY KEY,
      service_id BLOB NOT NULL,
      email_hash BLOB NOT NULL,
      email BLOB NOT NULL,
      roles TEXT NOT NULL,
      invited_by TEXT NOT NULL,
      token_hash BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      accepted_at INTEGER,
      used_mark BLOB,
      withdrawn_at INTEGER
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX invitations_of_token ON invitations (token_hash)",
    "CREATE INDEX invitations_of_service ON invitations (service_id, created_at, id)",
    "CREATE INDEX invitations_of_age ON invitations (expires_at)",
    `CREATE TABLE audit_log (
      chain BLOB NOT NULL,
      sequence INTEGER NOT NULL,
      at INTEGER NOT NULL,
      actor_kind TEXT NOT NULL,
      actor_id BLOB,
      action TEXT NOT NULL,
      subject TEXT,
      facts TEXT NOT NULL,
      mac BLOB NOT NULL,
      PRIMARY KEY (chain, sequence)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX audit_log_of_actor ON audit_log (chain, actor_id, sequence)
      WHERE actor_id IS NOT NULL`,
    `CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE ON audit_log
    BEGIN
      SELECT raise(ABORT, 'entries of the audit log cannot be changed');
    END`,
    `CREATE TABLE audit_cuts (
      chain BLOB NOT NULL PRIMARY KEY,
      sequence INTEGER NOT NULL,
      mac BLOB NOT NULL,
      signature BLOB NOT NULL,
      cut_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
} as const;
