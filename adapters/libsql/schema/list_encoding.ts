/**
 * Migration "list_encoding": how the recipient list of a job was read (its encoding, and warnings). A process of the
 * version before leaves the columns empty, and starts a job without asking for its warnings.
 */
export const LIST_ENCODING = {
  name: "list_encoding",
  statements: [
    `ALTER TABLE jobs ADD COLUMN encoding TEXT`,
    `ALTER TABLE jobs ADD COLUMN requested_encoding TEXT`,
    // Codes, as JSON.
    `ALTER TABLE jobs ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]'`,
    `ALTER TABLE jobs ADD COLUMN accepted_warnings TEXT NOT NULL DEFAULT '[]'`,
  ],
} as const;
