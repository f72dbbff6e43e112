/** Migration "corrections": what providers have said of each attempt at a notification, so that reports correct a status. */
export const CORRECTIONS = {
  name: "corrections",
  statements: [
    // The letters of `Outcomes` in `domain/delivery/outcomes.ts`. `NULL` before the first report.
    "ALTER TABLE notifications ADD COLUMN outcomes TEXT",
    // The number of the attempt that `provider_message_id` was recorded for.
    "ALTER TABLE notifications ADD COLUMN accepted_attempt INTEGER",
    "ALTER TABLE receipts ADD COLUMN attempt INTEGER",
  ],
} as const;
