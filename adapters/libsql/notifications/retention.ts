import type { InStatement } from "@libsql/client";
import type { Retention } from "../../../domain/ports/retention.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { REQUESTS_KEPT_MS } from "../../../domain/unsubscribe/unsubscribe.ts";
import type { Database } from "../connection/database.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";

/** How long receipts are kept, applied or unmatched: longer than any provider repeats them. */
export const RECEIPTS_KEPT_MS = 7 * DAY_MS;

/** How long an upload may take: chunks of a job that was never created are deleted after it. */
export const STAGED_CHUNKS_MS = DAY_MS;
/** How long a job with `start: false` waits to be started. */
export const UNSTARTED_JOBS_MS = 7 * DAY_MS;
/** How long a job is kept after its end; longer while some of its notifications are kept. */
export const JOBS_KEPT_MS = 90 * DAY_MS;

/** The retention periods of a service that has not set them. */
const DEFAULT_DAYS = JSON.stringify(DEFAULT_SETTINGS.retention_days);

/** The index of the first statement of a purge that returns its rows; those before delete dependent rows. */
const FIRST_COUNTED = 5;

/** Ends jobs that were never started, and deletes chunks without a job and jobs that ended long ago. */
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
      // Chunks are large, so a statement deletes few of them.
      sql: `DELETE FROM job_parts WHERE rowid IN (SELECT p.rowid FROM job_parts AS p
        WHERE p.created_at < ?1 AND NOT EXISTS (SELECT 1 FROM jobs AS j
          WHERE j.service_id = p.service_id AND j.id = p.job_id AND j.finished_at IS NULL)
        LIMIT ?2) RETURNING 1`,
      args: [now - STAGED_CHUNKS_MS, Math.ceil(limit / ROWS_PER_CHUNK)],
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

/** How many rows of other tables cost as much as one chunk. */
const ROWS_PER_CHUNK = 10;

/**
 * Creates the retention of the database. Notifications are deleted their service's `retention_days` of the channel after
 * they were completed or sent, unless they are still to be sent; their events and provider ids are deleted with them.
 *
 * @param files the retention of files, which runs when nothing else is left to delete
 */
export function createRetention(db: Database, files?: Retention): Retention {
  return {
    async purge(now, limit) {
      const since = `cast(?1 - ${DAY_MS} * days.value AS INTEGER)`;
      // An id begins with its time, so the old notifications of a channel are one range of an index. The days of a
      // scheduled message count from its end. A chunk that is not finished needs its notifications, which show which
      // of its rows were accepted.
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
      const dependents = (table: string) => ({
        sql: `DELETE FROM ${table} WHERE (service_id, notification_id) IN (${expired})`,
        args: [now, limit],
      });
      const expiredRows = (table: string, key: string, column: string, before: number) => ({
        sql: `DELETE FROM ${table} WHERE (${key}) IN (
          SELECT ${key} FROM ${table} WHERE ${column} < ? LIMIT ?) RETURNING 1`,
        args: [before, limit],
      });
      const results = await db.write([
        dependents("events"),
        dependents("provider_messages"),
        dependents("outbox"),
        {
          // Every inbox exists, so this only updates. An UPDATE statement would read all inboxes.
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
        expiredRows("idempotency", "service_id, key_hash", "expires_at", now),
        expiredRows("counters", "service_id, scope", "expires_at", now),
        expiredRows("receipts", "provider, dedupe_key", "received_at", now - RECEIPTS_KEPT_MS),
        expiredRows("unsubscribe_requests", "service_id, id", "at", now - REQUESTS_KEPT_MS),
        expiredRows("channel_codes", "service_id, person_hash, channel", "expires_at", now),
        ...purgeJobs(now, limit),
      ]);
      const deleted = results.slice(FIRST_COUNTED).reduce((sum, { rows }) => sum + rows.length, 0);
      return deleted > 0 || files === undefined ? deleted : await files.purge(now, limit);
    },
  };
}
