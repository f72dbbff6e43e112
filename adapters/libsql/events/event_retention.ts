import type { InStatement } from "@libsql/client";
import { EVENTS_KEPT_MS } from "../../../domain/events/service_event.ts";
import type { Retention } from "../../../domain/ports/retention.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { blob, integer, rowsOf } from "../connection/row.ts";

/** How many services one read looks through. */
const SERVICES_A_READ = 500;
/** From how many services one step deletes events. */
const SERVICES_A_STEP = 20;

/**
 * The services after one (?1), at most ?2, each with the numbers of its oldest and newest event, and the time of the
 * oldest. Each value is one look into the key, however many events there are.
 */
const SELECT_SERVICES = `WITH RECURSIVE logs(id) AS (
    SELECT min(service_id) FROM service_events WHERE service_id > ?1
    UNION ALL
    SELECT (SELECT min(service_id) FROM service_events WHERE service_id > logs.id) FROM logs
    WHERE logs.id IS NOT NULL
    LIMIT ?2)
  SELECT id AS service_id,
    (SELECT min(sequence) FROM service_events WHERE service_id = id) AS oldest,
    (SELECT max(sequence) FROM service_events WHERE service_id = id) AS last,
    (SELECT at FROM service_events WHERE service_id = id ORDER BY sequence LIMIT 1) AS at
  FROM logs WHERE id IS NOT NULL`;

/** Deletes the events of a service (?1) before the first one that is not older than a time (?3), and before a number (?2). */
const DELETE_OLDEST = `DELETE FROM service_events WHERE service_id = ?1
    AND sequence < coalesce((SELECT sequence FROM service_events
      WHERE service_id = ?1 AND sequence < ?2 AND at >= ?3 ORDER BY sequence LIMIT 1), ?2)
  RETURNING 1`;

interface LogBounds {
  readonly serviceId: Bytes;
  readonly oldest: number;
  readonly last: number;
  readonly at: number;
}

/**
 * Creates the retention of the services' event logs, which deletes events that are older than {@link EVENTS_KEPT_MS}.
 * They are deleted in the order of their numbers, so that what is kept has no gap. The newest event of a service
 * stays: the next one gets its number from it.
 */
export function createEventRetention(db: Pick<Database, "background">): Retention {
  async function readBounds(after: Bytes): Promise<readonly LogBounds[]> {
    const results = await db.background.read([
      { sql: SELECT_SERVICES, args: [after, SERVICES_A_READ] },
    ]);
    return rowsOf(results, 0).map((row) => ({
      serviceId: blob(row, "service_id"),
      oldest: integer(row, "oldest"),
      last: integer(row, "last"),
      at: integer(row, "at"),
    }));
  }

  async function findOutdated(before: number): Promise<readonly LogBounds[]> {
    for (let after: Bytes = new Uint8Array();;) {
      const services = await readBounds(after);
      const outdated = services.filter(({ at, oldest, last }) => at < before && oldest < last);
      const [end] = services.slice(-1);
      if (outdated.length > 0 || end === undefined || services.length < SERVICES_A_READ) {
        return outdated.slice(0, SERVICES_A_STEP);
      }
      after = end.serviceId;
    }
  }

  return {
    async purge(now, limit) {
      const before = now - EVENTS_KEPT_MS;
      const outdated = await findOutdated(before);
      if (outdated.length === 0) return 0;
      const share = Math.ceil(limit / outdated.length);
      const results = await db.background.write(
        outdated.map(({ serviceId, oldest, last }): InStatement => ({
          sql: DELETE_OLDEST,
          args: [serviceId, Math.min(oldest + share, last), before],
        })),
      );
      return results.reduce((sum, { rows }) => sum + rows.length, 0);
    },
  };
}
