import type { InStatement } from "@libsql/client";
import type { Retention } from "../../../domain/ports/retention.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { REQUESTS_KEPT_MS } from "../../../domain/unsubscribe/unsubscribe.ts";
import type { Database } from "../connection/database.ts";

/** How long receipts are kept, applied or parked: longer than any provider repeats them. */
export const RECEIPTS_KEPT_MS = 7 * 86_400_000;

/** How long an upload may take: what was staged for a job that was never made goes after that. */
export const STAGED_CHUNKS_MS = 86_400_000;
/** How long a list waits for somebody to let it go. */
export const UNSTARTED_JOBS_MS = 7 * 86_400_000;
/** How long a job is shown after its end; longer where some of its rows still are. */
export const JOBS_KEPT_MS = 90 * 86_400_000;

/** As `readService` has it where a service's settings say nothing. */
const DEFAULT_DAYS = JSON.stringify(DEFAULT_SETTINGS.retention_days);

/** The first statement of a purge that gives back what it deleted; those before go with it. */
const FIRST_COUNTED = 5;

/** Lists that nobody waits for any more, and jobs that are long over; their counts go with them. */
function purgeJobs(now: number, limit: number): readonly InStatement[] {
  const over = `SELECT j.service_id, j.id FROM jobs AS j WHERE j.finished_at < ?1
    AND NOT EXISTS (SELECT 1 FROM notifications AS n
      WHERE n.service_id = j.service_id AND n.job_id = j.id) LIMIT ?2`;
  return [
    {
      sql: `UPDATE jobs SET status = 'error', error = 'not-started', finished_at = ?3
        WHERE (service_id, id) IN (SELECT service_id, id FROM jobs
          WHERE status = 'ready to send' AND created_at < ?1 LIMIT ?2) RETURNING 1`,
      args: [now - UNSTARTED_JOBS_MS, limit, now],
    },
    {
      // A part is large, so few go at once.
      sql: `DELETE FROM job_parts WHERE rowid IN (SELECT p.rowid FROM job_parts AS p
        WHERE p.created_at < ?1 AND NOT EXISTS (SELECT 1 FROM jobs AS j
          WHERE j.service_id = p.service_id AND j.id = p.job_id AND j.finished_at IS NULL)
        LIMIT ?2) RETURNING 1`,
      args: [now - STAGED_CHUNKS_MS, Math.ceil(limit / ROWS_FOR_A_PART)],
    },
    {
      sql: `DELETE FROM job_counts WHERE (service_id, job_id) IN (${over})`,
      args: [now - JOBS_KEPT_MS, limit],
    },
    {
      sql: `DELETE FROM jobs WHERE (service_id, id) IN (${over}) RETURNING 1`,
      args: [now - JOBS_KEPT_MS, limit],
    },
  ];
}

/** How many rows of other tables are as much as a part. */
const ROWS_FOR_A_PART = 10;

/**
 * Deletes what has had its time. Notifications go their service's `retention_days` of the channel after their end, or
 * after they were handed over, unless they are still under way; their events and provider ids go with them. Then come `files`, where there is a place for them.
 */
export function createRetention(db: Database, files?: Retention): Retention {
  return {
    async purge(now, limit) {
      const since = "cast(?1 - 86400000 * days.value AS INTEGER)";
      // An id begins with its time, so the old ones of a channel are one range of an index. A message that was put off
      // has its days from its end on; and a part of a list that is still to be gone on with knows by its rows which of
      // them have been taken on.
      const expired = `SELECT n.service_id, n.id FROM services AS s
        CROSS JOIN json_each(
          json_patch('${DEFAULT_DAYS}', coalesce(s.settings->'retention_days', '{}'))) AS days
        CROSS JOIN notifications AS n ON n.service_id = s.id AND n.channel = days.key
          AND n.id < printf('%08x-%04x', ${since} / 65536, ${since} % 65536)
        WHERE coalesce(n.completed_at, n.sent_at, n.scheduled_for, n.created_at) < ${since}
        AND NOT EXISTS (SELECT 1 FROM outbox AS o
          WHERE o.service_id = n.service_id AND o.notification_id = n.id AND o.task = 'deliver')
        AND NOT EXISTS (SELECT 1 FROM job_parts AS p
          WHERE p.service_id = n.service_id AND p.job_id = n.job_id
            AND n.job_row BETWEEN p.first_row AND p.last_row)
        LIMIT ?2`;
      const goneWith = (table: string) => ({
        sql: `DELETE FROM ${table} WHERE (service_id, notification_id) IN (${expired})`,
        args: [now, limit],
      });
      const aged = (table: string, key: string, column: string, before: number) => ({
        sql: `DELETE FROM ${table} WHERE (${key}) IN (
          SELECT ${key} FROM ${table} WHERE ${column} < ? LIMIT ?) RETURNING 1`,
        args: [before, limit],
      });
      const results = await db.write([
        goneWith("events"),
        goneWith("provider_messages"),
        goneWith("outbox"),
        {
          // Each is there. An UPDATE would read every inbox there is.
          sql: `INSERT INTO inboxes (service_id, recipient_hash, total, unread, sequence,
              all_acknowledged_at_sequence)
            SELECT service_id, recipient_hash, count(*), sum(acknowledged_at IS NULL), 0, 0
            FROM inbox_messages INDEXED BY inbox_messages_by_id
            WHERE (service_id, id) IN (${expired})
            GROUP BY service_id, recipient_hash
            ON CONFLICT (service_id, recipient_hash) DO UPDATE SET
              total = total - excluded.total, unread = unread - excluded.unread`,
          args: [now, limit],
        },
        {
          sql: `DELETE FROM inbox_messages INDEXED BY inbox_messages_by_id
            WHERE (service_id, id) IN (${expired})`,
          args: [now, limit],
        },
        {
          sql: `DELETE FROM notifications WHERE (service_id, id) IN (${expired}) RETURNING 1`,
          args: [now, limit],
        },
        aged("idempotency", "service_id, key_hash", "expires_at", now),
        aged("counters", "service_id, scope", "expires_at", now),
        aged("receipts", "provider, dedupe_key", "received_at", now - RECEIPTS_KEPT_MS),
        aged("unsubscribe_requests", "service_id, id", "at", now - REQUESTS_KEPT_MS),
        aged("channel_codes", "service_id, person_hash, channel", "expires_at", now),
        ...purgeJobs(now, limit),
      ]);
      const gone = results.slice(FIRST_COUNTED).reduce((sum, { rows }) => sum + rows.length, 0);
      return gone > 0 || files === undefined ? gone : await files.purge(now, limit);
    },
  };
}
