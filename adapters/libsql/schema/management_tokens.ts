/** The migration `management_tokens`: tokens of the management API, and when API keys expire and were last used. */

/** SQL: when a token stops working; far ahead for one that does not expire. The index `management_tokens_in_use` has it. */
export const TOKEN_END = "coalesce(expires_at, 9007199254740991)";

/** The migration. */
export const MANAGEMENT_TOKENS = {
  name: "management_tokens",
  statements: [
    `CREATE TABLE management_tokens (
      id BLOB NOT NULL PRIMARY KEY,
      token_hash BLOB NOT NULL,
      name TEXT NOT NULL,
      service_id BLOB,
      read_only INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      revoked_at INTEGER,
      last_used_at INTEGER
    ) STRICT, WITHOUT ROWID`,
    "CREATE UNIQUE INDEX management_tokens_of_hash ON management_tokens (token_hash)",
    "CREATE INDEX management_tokens_of_age ON management_tokens (created_at, id)",
    `CREATE INDEX management_tokens_in_use ON management_tokens (${TOKEN_END})
      WHERE revoked_at IS NULL`,
    "CREATE INDEX users_who_operate ON users (state) WHERE is_operator = 1",
    "ALTER TABLE api_keys ADD COLUMN expires_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER",
  ],
} as const;
