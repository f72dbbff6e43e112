/** The migration `authors`: which person sent a message or a list, and which message another one repeats. */

/** The migration. The index leaves out messages of API keys and rows of lists, so an accept of them writes no more. */
export const AUTHORS = {
  name: "authors",
  statements: [
    "ALTER TABLE notifications ADD COLUMN author_id BLOB",
    "ALTER TABLE notifications ADD COLUMN resent_from BLOB",
    "ALTER TABLE jobs ADD COLUMN author_id BLOB",
    `CREATE INDEX notifications_of_author ON notifications (service_id, author_id, list, id)
      WHERE author_id IS NOT NULL AND job_id IS NULL`,
  ],
} as const;
