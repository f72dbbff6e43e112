/** Counters of windows of time, in the table `counters`, under the id of the deployment. */
import type { InStatement } from "@libsql/client";
import type { UsedUp, WindowCharge } from "../../../domain/accounts/limits.ts";
import type { Row } from "../connection/database.ts";
import { hex, idBytes, integer, text } from "../connection/row.ts";
import { DEPLOYMENT_ID } from "../keys/deployment_key.ts";

const DEPLOYMENT = `x'${hex(idBytes(DEPLOYMENT_ID))}'`;

/**
 * SQL: whether the window of a counter `k` is over at `now`, for a charge `c`. One that ends later than a window of now
 * comes from a clock that was ahead.
 */
function isOver(now: string): string {
  return `(k.expires_at <= ${now} OR k.expires_at > c.value->>'expiresAt' + 60000)`;
}

/**
 * SQL: whether all charges are within their limits.
 *
 * @param charges SQL of the charges as JSON, such as `?3`
 * @param now SQL of the present time
 */
export function withinWindows(charges: string, now: string): string {
  return `NOT EXISTS (SELECT 1 FROM json_each(${charges}) AS c
    JOIN counters AS k ON k.service_id = ${DEPLOYMENT} AND k.scope = c.value->>'scope'
    WHERE NOT ${isOver(now)} AND k.value >= c.value->>'most')`;
}

/** The charges as an argument of the statements. */
export function toChargesJson(charges: readonly WindowCharge[]): string {
  return JSON.stringify(charges);
}

/**
 * Adds the charges to their counters, all or none.
 *
 * @param condition SQL in whose place they are added; it may use `?1`, the charges, and `?2`, the present time
 * @returns a row with `scope` for each charge that was added
 */
export function addCharges(
  charges: readonly WindowCharge[],
  now: number,
  condition: { readonly sql: string; readonly args: InStatementArgs },
): InStatement {
  return {
    sql: `INSERT INTO counters (service_id, scope, value, expires_at)
      SELECT ${DEPLOYMENT}, c.value->>'scope',
        iif(k.value IS NULL OR ${isOver("?2")}, 0, k.value) + 1,
        iif(k.value IS NULL OR ${isOver("?2")}, c.value->>'expiresAt', k.expires_at)
      FROM json_each(?1) AS c
      LEFT JOIN counters AS k ON k.service_id = ${DEPLOYMENT} AND k.scope = c.value->>'scope'
      WHERE ${condition.sql}
      ON CONFLICT (service_id, scope) DO UPDATE SET value = excluded.value,
        expires_at = excluded.expires_at
      RETURNING scope`,
    args: [toChargesJson(charges), now, ...condition.args],
  };
}

type InStatementArgs = readonly (string | number | Uint8Array<ArrayBuffer>)[];

/** Takes charges back, as they were counted wrongly: all uses of their windows. */
export function resetCounters(scopes: readonly string[], condition = "true"): InStatement {
  return {
    sql: `DELETE FROM counters WHERE service_id = ${DEPLOYMENT}
      AND scope IN (SELECT value FROM json_each(?)) AND ${condition}`,
    args: [JSON.stringify(scopes)],
  };
}

/** Selects the counters of charges that are used up, for {@link usedUp}. */
export function selectUsedUp(charges: readonly WindowCharge[], now: number): InStatement {
  return {
    sql: `SELECT k.scope, k.expires_at FROM json_each(?1) AS c
      JOIN counters AS k ON k.service_id = ${DEPLOYMENT} AND k.scope = c.value->>'scope'
      WHERE NOT ${isOver("?2")} AND k.value >= c.value->>'most'`,
    args: [toChargesJson(charges), now],
  };
}

/** The counters that are used up, and when the last of their windows ends; `undefined` when there are none. */
export function usedUp(rows: readonly Row[]): UsedUp | undefined {
  if (rows.length === 0) return undefined;
  return {
    until: Math.max(...rows.map((row) => integer(row, "expires_at"))),
    scopes: rows.map((row) => text(row, "scope")),
  };
}
