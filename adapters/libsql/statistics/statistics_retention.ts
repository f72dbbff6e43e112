/** Adds up the counts of old hours by the day, and deletes those of old days. */
import type { InStatement } from "@libsql/client";
import { HOURLY_DAYS, STATISTICS_KEPT_DAYS } from "../../../domain/statistics/statistics.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";

const KEY = "unit, service_id, period, channel, key_kind, template_id, outcome";

/** Counts of a unit from before a period (?1), at most ?2. */
function countsBefore(unit: "hour" | "day"): string {
  return `SELECT t.* FROM services AS s CROSS JOIN statistics AS t
    ON t.unit = '${unit}' AND t.service_id = s.id AND t.period < ?1
    ORDER BY s.id, t.period, t.channel, t.key_kind, t.template_id, t.outcome LIMIT ?2`;
}

/** @returns statements of which the last two return a row for each count that was deleted */
export function keepStatistics(now: number, limit: number): readonly InStatement[] {
  const today = Math.floor(now / DAY_MS);
  const hours = [(today - HOURLY_DAYS) * 24, limit];
  return [
    {
      sql: `INSERT INTO statistics (${KEY}, messages)
        SELECT 'day', service_id, period / 24 AS day, channel, key_kind, template_id, outcome,
          sum(messages)
        FROM (${countsBefore("hour")})
        GROUP BY service_id, day, channel, key_kind, template_id, outcome
        ON CONFLICT (${KEY}) DO UPDATE SET messages = messages + excluded.messages`,
      args: hours,
    },
    {
      sql: `DELETE FROM statistics WHERE (${KEY}) IN (SELECT ${KEY} FROM (${countsBefore("hour")}))
        RETURNING 1`,
      args: hours,
    },
    {
      sql: `DELETE FROM statistics WHERE (${KEY}) IN (SELECT ${KEY} FROM (${countsBefore("day")}))
        RETURNING 1`,
      args: [today - STATISTICS_KEPT_DAYS, limit],
    },
  ];
}
