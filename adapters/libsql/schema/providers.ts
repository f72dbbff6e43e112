/** Migration "providers": the operator's settings of providers, and the faults that pause them. */
export const PROVIDERS = {
  name: "providers",
  statements: [
    `CREATE TABLE providers (
      name TEXT NOT NULL PRIMARY KEY,
      weight INTEGER,
      rate_per_second REAL,
      paused_at INTEGER,
      pause_reason TEXT,
      fault_at INTEGER,
      fault_code TEXT,
      updated_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
} as const;
