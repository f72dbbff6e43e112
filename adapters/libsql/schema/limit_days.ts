/**
 * Migration "limit_days": the day whose daily limits a message is charged to, what a job is charged for rows that are not
 * accepted yet, and the last change of a service's time zone.
 */
import { DAY_MS } from "../../../domain/time/durations.ts";

const NOW = "cast(unixepoch('subsec') * 1000 AS INTEGER)";

/**
 * The migration's name and statements. Before it all limits had days of UTC, so the time zone of a service with
 * another one counts as changed when the migration runs.
 */
export const LIMIT_DAYS = {
  name: "limit_days",
  statements: [
    "ALTER TABLE notifications ADD COLUMN limit_day INTEGER",
    "ALTER TABLE jobs ADD COLUMN limit_day INTEGER",
    "ALTER TABLE jobs ADD COLUMN charged_rows INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN charged_abroad INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN abroad_rows INTEGER",
    "ALTER TABLE services ADD COLUMN zone_changed_at INTEGER",
    "ALTER TABLE services ADD COLUMN zone_changed_day INTEGER",
    `UPDATE services SET zone_changed_at = ${NOW}, zone_changed_day = ${NOW} / ${DAY_MS}
      WHERE coalesce(settings->>'time_zone', 'UTC') <> 'UTC'`,
  ],
} as const;
