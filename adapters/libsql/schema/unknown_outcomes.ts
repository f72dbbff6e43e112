/**
 * Migration: the attempts of unknown outcome of a notification that is to be sent, a JSON array of
 * `[number, provider, started_at, ended_at]`. `NULL` for none, and in rows that an earlier version has written.
 */
export const UNKNOWN_OUTCOMES = {
  name: "unknown_outcomes",
  statements: ["ALTER TABLE outbox ADD COLUMN unknown TEXT"],
};
