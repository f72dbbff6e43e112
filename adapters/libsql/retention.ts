import type { Retention } from "../../domain/ports.ts";
import { DEFAULT_SETTINGS } from "../../domain/service.ts";
import { REQUESTS_KEPT_MS } from "../../domain/unsubscribe.ts";
import type { Database } from "./database.ts";
import { rowsOf } from "./row.ts";

/** How long receipts are kept, applied or parked: longer than any provider repeats them. */
export const RECEIPTS_KEPT_MS = 7 * 86_400_000;

/** As `readService` has it where a service's settings say nothing. */
const DEFAULT_DAYS = JSON.stringify(DEFAULT_SETTINGS.retention_days);

/**
 * Deletes what has had its time. Notifications go after their service's `retention_days` of the channel, unless they
 * are still under way; their events and provider ids go with them. Then come `files`, where there is a place for them.
 */
export function createRetention(db: Database, files?: Retention): Retention {
  return {
    async purge(now, limit) {
      const before = (part: string) => `cast(?1 - 86400000 * days.value AS INTEGER) ${part} 65536`;
      // An id begins with its time, so the old ones of a channel are one range of an index.
      const expired = `SELECT n.service_id, n.id FROM services AS s
        CROSS JOIN json_each(
          json_patch('${DEFAULT_DAYS}', coalesce(s.settings->'retention_days', '{}'))) AS days
        CROSS JOIN notifications AS n ON n.service_id = s.id AND n.channel = days.key
          AND n.id < printf('%08x-%04x', ${before("/")}, ${before("%")})
        WHERE NOT EXISTS (SELECT 1 FROM outbox AS o
          WHERE o.service_id = n.service_id AND o.notification_id = n.id AND o.task = 'deliver')
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
      ]);
      const gone = [5, 6, 7, 8, 9, 10].reduce(
        (sum, index) => sum + rowsOf(results, index).length,
        0,
      );
      return gone > 0 || files === undefined ? gone : await files.purge(now, limit);
    },
  };
}
