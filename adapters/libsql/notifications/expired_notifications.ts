/** The notifications whose retention period has passed: how they are found, and what is deleted with them. */
import type { InStatement } from "@libsql/client";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Row } from "../connection/database.ts";
import { integer, text } from "../connection/row.ts";

/** The retention periods of a service that has not set them. */
const DEFAULT_DAYS = JSON.stringify(DEFAULT_SETTINGS.retention_days);

const SINCE = `cast(?1 - ${DAY_MS} * days.value AS INTEGER)`;

/**
 * Notifications that have expired at a time (?1), at most ?2, after a place (?3) in the order in which they are found. An
 * id begins with its time, so the old notifications of a channel are one range of an index. The days of a scheduled message
 * count from its end. A chunk that is not finished needs its notifications, which show which of its rows were accepted.
 */
const SELECT_EXPIRED = `SELECT n.service_id, n.id, days.id AS channel_at
  FROM services AS s
  CROSS JOIN json_each(
    json_patch('${DEFAULT_DAYS}', coalesce(s.settings->'retention_days', '{}'))) AS days
  CROSS JOIN notifications AS n ON n.service_id = s.id AND n.channel = days.key
    AND n.id < printf('%08x-%04x', ${SINCE} / 65536, ${SINCE} % 65536)
    AND n.id > iif(s.id = ?3->>'service_id' AND days.id = ?3->>'channel_at', ?3->>'id', '')
  WHERE s.id >= ?3->>'service_id'
    AND (s.id > ?3->>'service_id' OR days.id >= ?3->>'channel_at')
    AND coalesce(n.completed_at, n.sent_at, n.scheduled_for, n.created_at) < ${SINCE}
    AND NOT EXISTS (SELECT 1 FROM outbox AS o
      WHERE o.service_id = n.service_id AND o.notification_id = n.id AND o.task = 'deliver')
    AND NOT EXISTS (SELECT 1 FROM job_parts AS p
      WHERE p.service_id = n.service_id AND p.job_id = n.job_id
        AND n.job_row BETWEEN p.first_row AND p.last_row)
  LIMIT ?2`;

/** An expired notification. It is a place in the order in which they are found, too. */
export interface ExpiredNotification {
  readonly service_id: string;
  readonly id: string;
  /** The place of its channel among its service's. */
  readonly channel_at: number;
}

/** The place before every notification. */
export const FIRST_NOTIFICATION: ExpiredNotification = { service_id: "", id: "", channel_at: 0 };

/** Selects notifications that have expired at a time, at most `limit`, after a place in their order. */
export function selectExpired(
  now: number,
  limit: number,
  after: ExpiredNotification,
): InStatement {
  return { sql: SELECT_EXPIRED, args: [now, limit, JSON.stringify(after)] };
}

/** Reads a row of {@link selectExpired}. */
export function readExpired(row: Row): ExpiredNotification {
  return {
    service_id: text(row, "service_id"),
    id: text(row, "id"),
    channel_at: integer(row, "channel_at"),
  };
}

/**
 * Deletes notifications with all that belongs to them. The last statement returns a row for each notification that was
 * deleted.
 */
export function deleteExpired(expired: readonly ExpiredNotification[]): readonly InStatement[] {
  const args = [JSON.stringify(expired)];
  const among = (key: string) =>
    `${key} IN (SELECT r.value->>'service_id', r.value->>'id' FROM json_each(?1) AS r)`;
  const dependents = (table: string) =>
    `DELETE FROM ${table} WHERE ${among("(service_id, notification_id)")}`;
  return [
    dependents("events"),
    dependents("provider_messages"),
    dependents("outbox"),
    // Every inbox exists, so this only updates. An UPDATE statement would read all inboxes.
    `INSERT INTO inboxes (service_id, recipient_hash, total, unread, sequence,
        all_acknowledged_at_sequence)
      SELECT service_id, recipient_hash, count(*), sum(acknowledged_at IS NULL), 0, 0
      FROM inbox_messages INDEXED BY inbox_messages_by_id
      WHERE ${among("(service_id, id)")}
      GROUP BY service_id, recipient_hash
      ON CONFLICT (service_id, recipient_hash) DO UPDATE SET
        total = total - excluded.total, unread = unread - excluded.unread`,
    `DELETE FROM inbox_messages INDEXED BY inbox_messages_by_id WHERE ${among("(service_id, id)")}`,
    `DELETE FROM notifications WHERE ${among("(service_id, id)")} RETURNING 1`,
  ].map((sql) => ({ sql, args }));
}
