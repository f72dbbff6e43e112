import { RECEIVED_MARK_DAYS } from "../../../domain/inbound/received_text.ts";
import type { Retention } from "../../../domain/ports/retention.ts";
import { LIFTED_KEPT_DAYS } from "../../../domain/suppression/suppression.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Database } from "../connection/database.ts";
import { RETENTION_DAYS_OF_SMS } from "../notifications/retention_days.ts";

/**
 * Texts whose service keeps them no longer at a time (?1), at most ?2. An id begins with its time. The services that have
 * texts (`owners`) are found by one look into the key each.
 */
const DELETE_TEXTS = `WITH RECURSIVE owners(id) AS (
    SELECT min(service_id) FROM received_texts
    UNION ALL
    SELECT (SELECT min(service_id) FROM received_texts WHERE service_id > owners.id) FROM owners
    WHERE owners.id IS NOT NULL)
  DELETE FROM received_texts WHERE (service_id, id) IN (
    SELECT t.service_id, t.id FROM owners
    CROSS JOIN services AS s ON s.id = owners.id
    CROSS JOIN received_texts AS t ON t.service_id = s.id
      AND t.id < unhex(printf('%012x', cast(?1 - ${DAY_MS} * ${RETENTION_DAYS_OF_SMS} AS INTEGER)))
    LIMIT ?2) RETURNING 1`;

const DELETE_MARKS = `DELETE FROM received_text_marks WHERE mark IN (
    SELECT mark FROM received_text_marks WHERE at < ?1 LIMIT ?2) RETURNING 1`;

const DELETE_LIFTED = `DELETE FROM suppressions WHERE (service_id, id) IN (
    SELECT service_id, id FROM suppressions WHERE lifted_at < ?1 LIMIT ?2) RETURNING 1`;

/** Creates the retention of received texts, of the marks by which repeated ones are recognised, and of lifted suppressions. */
export function createInboundRetention(db: Pick<Database, "background">): Retention {
  return {
    async purge(now, limit) {
      const results = await db.background.write([
        { sql: DELETE_TEXTS, args: [now, limit] },
        { sql: DELETE_MARKS, args: [now - RECEIVED_MARK_DAYS * DAY_MS, limit] },
        { sql: DELETE_LIFTED, args: [now - LIFTED_KEPT_DAYS * DAY_MS, limit] },
      ]);
      return results.reduce((sum, { rows }) => sum + rows.length, 0);
    },
  };
}
