/**
 * The SQL of what jobs are charged to daily limits. `jobs.charged_rows` and `charged_abroad` count the rows, and
 * those of them to numbers abroad, for which a job is charged and whose notifications are not accepted yet. The
 * counter of a limit's day is the sum of these and of the notifications of that day.
 */
import type { InStatement } from "@libsql/client";
import type { JobId, ServiceId } from "../../../domain/ids.ts";
import type { JobCharge } from "../../../domain/jobs/job_charge.ts";
import { idBytes } from "../connection/row.ts";
import { toChargeRow } from "../notifications/accept_rows.ts";
import { dailyScopeOf, usedOfCounter } from "../notifications/counter_value.ts";

/**
 * SQL: whether a charge of a service (?1) would exceed its limit.
 *
 * @param charges the argument that holds the charges as JSON, such as `?4`; `[]` exceeds none
 */
export function exceedsLimit(charges: string): string {
  return `EXISTS (SELECT 1 FROM json_each(${charges}) AS c
    LEFT JOIN counters AS k ON k.service_id = ?1 AND k.scope = c.value->>'scope'
    WHERE ${usedOfCounter("k", "c.value")} + (c.value->>'step') > c.value->>'limit')`;
}

/** The charges of a job as the JSON argument of {@link exceedsLimit}; `[]` for none. */
export function chargesText(charge: JobCharge | undefined): string {
  return JSON.stringify((charge?.charges ?? []).map(toChargeRow));
}

/**
 * The statement that adds the charges of a job to the counters of daily limits, if the statement before it has
 * written the job's row. It checks no limit.
 */
export function chargeCounters(serviceId: ServiceId, charge: JobCharge): InStatement {
  return {
    sql: `INSERT INTO counters (service_id, scope, value, expires_at)
      SELECT ?1, c.value->>'scope', ${usedOfCounter("k", "c.value")} + (c.value->>'step'),
        c.value->>'expires_at'
      FROM json_each(?2) AS c
      LEFT JOIN counters AS k ON k.service_id = ?1 AND k.scope = c.value->>'scope'
      WHERE changes() = 1
      ON CONFLICT (service_id, scope) DO UPDATE SET value = excluded.value,
        expires_at = excluded.expires_at`,
    args: [idBytes(serviceId), chargesText(charge)],
  };
}

/** Selects a row when the service still has the revision and a charge would exceed its limit; no row otherwise. */
export function selectOverLimit(
  serviceId: ServiceId,
  revision: number,
  charge: JobCharge,
): InStatement {
  return {
    sql: `SELECT 1 FROM services WHERE id = ?1 AND revision = ?2 AND ${exceedsLimit("?3")}`,
    args: [idBytes(serviceId), revision, chargesText(charge)],
  };
}

/** The job (?1, ?2), when it has ended and is still charged for rows. */
const ENDED = `j.service_id = ?1 AND j.id = ?2 AND j.finished_at IS NOT NULL
    AND (j.charged_rows <> 0 OR j.charged_abroad <> 0)`;

/**
 * Gives back to the daily limits what a job that has ended is still charged for rows that were not accepted. Changes
 * nothing for another job. Must run after the job's end is written.
 */
export function giveBackJobCharges(serviceId: ServiceId, id: JobId): readonly InStatement[] {
  return [
    `UPDATE counters SET value = max(value - c.rows, 0)
      FROM (SELECT j.service_id, ${dailyScopeOf("j.limit_day", "k.key")} AS scope, k.value AS rows
        FROM jobs AS j CROSS JOIN json_each(
          json_object(j.channel, j.charged_rows, 'international_sms', j.charged_abroad)) AS k
        WHERE k.value <> 0 AND ${ENDED}) AS c
      WHERE counters.service_id = c.service_id AND counters.scope = c.scope`,
    `UPDATE jobs AS j SET charged_rows = 0, charged_abroad = 0 WHERE ${ENDED}`,
  ].map((sql) => ({ sql, args: [idBytes(serviceId), idBytes(id)] }));
}
