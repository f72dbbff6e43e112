import type { InStatement } from "@libsql/client";
import { CALLBACK_KINDS, CALLBACK_LOG_KEPT_MS } from "../../../domain/callbacks/callback.ts";
import type { Retention } from "../../../domain/ports/retention.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { blob, integer, oneOf, rowsOf } from "../connection/row.ts";

/** How many services one read looks through. */
const SERVICES_A_READ = 500;
/** From how many logs one step deletes deliveries. */
const LOGS_A_STEP = 20;

const OF_LOG = "service_id = logs.id AND kind = k.value";

/**
 * The logs of the services after one (?1), at most ?2 services, each with the number and the time of its oldest delivery.
 * Each value is one look into the key, however many deliveries there are.
 */
const SELECT_LOGS = `WITH RECURSIVE logs(id) AS (
    SELECT min(service_id) FROM callback_deliveries WHERE service_id > ?1
    UNION ALL
    SELECT (SELECT min(service_id) FROM callback_deliveries WHERE service_id > logs.id) FROM logs
    WHERE logs.id IS NOT NULL
    LIMIT ?2)
  SELECT logs.id AS service_id, k.value AS kind,
    (SELECT min(number) FROM callback_deliveries WHERE ${OF_LOG}) AS oldest,
    (SELECT created_at FROM callback_deliveries WHERE ${OF_LOG} ORDER BY number LIMIT 1) AS at
  FROM logs CROSS JOIN json_each('${JSON.stringify(CALLBACK_KINDS)}') AS k
  WHERE logs.id IS NOT NULL`;

const IS_LOG = "service_id = ?1 AND kind = ?2";

/** Deletes the deliveries of a log before the first one that is not older than a time (?4), and before a number (?3). */
const DELETE_OLDEST = `DELETE FROM callback_deliveries WHERE ${IS_LOG}
    AND number < coalesce((SELECT number FROM callback_deliveries
      WHERE ${IS_LOG} AND number < ?3 AND created_at >= ?4 ORDER BY number LIMIT 1), ?3)
  RETURNING 1`;

/**
 * Creates the retention of the logs of callbacks, which deletes deliveries that are older than {@link
 * CALLBACK_LOG_KEPT_MS}. A delivery that still waits is deleted too: its event was deleted as long ago.
 */
export function createCallbackRetention(db: Pick<Database, "background">): Retention {
  async function readLogs(after: Bytes) {
    const results = await db.background.read([
      { sql: SELECT_LOGS, args: [after, SERVICES_A_READ] },
    ]);
    return rowsOf(results, 0).map((row) => ({
      serviceId: blob(row, "service_id"),
      kind: oneOf(row, "kind", CALLBACK_KINDS),
      oldest: row.oldest === null ? Infinity : integer(row, "oldest"),
      at: row.at === null ? Infinity : integer(row, "at"),
    }));
  }

  async function findOutdated(before: number) {
    for (let after: Bytes = new Uint8Array();;) {
      const logs = await readLogs(after);
      const outdated = logs.filter(({ at }) => at < before);
      const [end] = logs.slice(-1);
      const isLast = end === undefined || logs.length < SERVICES_A_READ * CALLBACK_KINDS.length;
      if (outdated.length > 0 || isLast) return outdated.slice(0, LOGS_A_STEP);
      after = end.serviceId;
    }
  }

  return {
    async purge(now, limit) {
      const before = now - CALLBACK_LOG_KEPT_MS;
      const outdated = await findOutdated(before);
      if (outdated.length === 0) return 0;
      const share = Math.ceil(limit / outdated.length);
      const results = await db.background.write(
        outdated.map(({ serviceId, kind, oldest }): InStatement => ({
          sql: DELETE_OLDEST,
          args: [serviceId, kind, oldest + share, before],
        })),
      );
      return results.reduce((sum, { rows }) => sum + rows.length, 0);
    },
  };
}
