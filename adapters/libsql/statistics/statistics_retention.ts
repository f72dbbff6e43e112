/** Adds up the counts of old hours by the day, and deletes those of old days. */
import type { InStatement } from "@libsql/client";
import type { Retention } from "../../../domain/ports/retention.ts";
import { HOURLY_DAYS, STATISTICS_KEPT_DAYS } from "../../../domain/statistics/statistics.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Database } from "../connection/database.ts";

const KEY = "unit, service_id, period, channel, key_kind, template_id, outcome";

/** Counts of a unit from before a period (?1), at most ?2. */
function countsBefore(unit: "hour" | "day"): string {
  return `SELECT t.* FROM services AS s CROSS JOIN statistics AS t
    ON t.unit = '${unit}' AND t.service_id = s.id AND t.period < ?1 AND s.id > x''
    ORDER BY s.id, t.period, t.channel, t.key_kind, t.template_id, t.outcome LIMIT ?2`;
}

/**
 * Creates the retention of counts. Those of hours are added up by the day when the day is more than `HOURLY_DAYS` ago, so
 * that each day has the same counts before and after.
 *
 * @param next the retention that runs when nothing is left to do here
 */
export function createStatisticsRetention(
  db: Pick<Database, "background">,
  next?: Retention,
): Retention {
  return {
    async purge(now, limit) {
      const results = await db.background.write(purgeCounts(now, limit));
      const deleted = results.reduce((sum, { rows }) => sum + rows.length, 0);
      return deleted > 0 || next === undefined ? deleted : await next.purge(now, limit);
    },
  };
}

/** The statements of a step. Those that delete return a row for each count. */
function purgeCounts(now: number, limit: number): readonly InStatement[] {
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
