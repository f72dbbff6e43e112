/** The notifications whose retention period has passed: how they are found, and what is deleted with them. */
import type { InStatement } from "@libsql/client";
import { CHANNELS } from "../../../domain/service/service.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Row } from "../connection/database.ts";
import { jsonId } from "../connection/json_ids.ts";
import { integer, uuid } from "../connection/row.ts";
import { encodeMessage, KEPT_COLUMNS } from "./deleted_messages.ts";
import { listsOf } from "./list_pages.ts";
import { RETENTION_BEGINS, RETENTION_DAYS } from "./retention_days.ts";
import {
  amongStored,
  type EndedMessage,
  type PackedBatches,
  storeBatches,
} from "./timeline_batches.ts";

/** Every list of notifications with its channel: a value of the generated column `list`. */
const LISTS = JSON.stringify(
  CHANNELS.flatMap((channel) =>
    listsOf({ keyKind: undefined, channels: [channel], includeJobs: true }).map((list) => ({
      list,
      channel,
    }))
  ),
);

const SINCE = `cast(?1 - ${DAY_MS} * (d.days->>(l.value->>'channel')) AS INTEGER)`;

/**
 * Notifications that have expired at a time (?1), at most ?2, after a place (?3) in the order in which they are found. An
 * id begins with its time, so the old notifications of a list are one range of an index. The days of a scheduled message
 * count from its end. A chunk that is not finished needs its notifications, which show which of its rows were accepted.
 */
const SELECT_EXPIRED = `WITH d AS (SELECT s.id, ${RETENTION_DAYS} AS days FROM services AS s)
  SELECT n.service_id, n.id, l.key AS list_at, d.days->>(l.value->>'channel') AS kept_days,
    length(n.events) AS events_length, ${KEPT_COLUMNS}
  FROM d CROSS JOIN json_each('${LISTS}') AS l
  CROSS JOIN notifications AS n INDEXED BY notifications_in_lists
    ON n.service_id = d.id AND n.list = l.value->>'list'
    AND n.id < unhex(printf('%012x', ${SINCE}))
    AND n.id > iif(d.id = ${jsonId("?3", "service_id")} AND l.key = ?3->>'list_at',
      ${jsonId("?3", "id")}, x'')
  WHERE d.id >= ${jsonId("?3", "service_id")}
    AND (d.id > ${jsonId("?3", "service_id")} OR l.key >= ?3->>'list_at')
    AND ${RETENTION_BEGINS} < ${SINCE}
    AND NOT EXISTS (SELECT 1 FROM outbox AS o
      WHERE o.service_id = n.service_id AND o.notification_id = n.id AND o.task = 'deliver')
    AND NOT EXISTS (SELECT 1 FROM job_parts AS p
      WHERE p.service_id = n.service_id AND p.job_id = n.job_id
        AND n.job_row BETWEEN p.first_row AND p.last_row)
  LIMIT ?2`;

/**
 * An expired notification. It is also the position from which the next search goes on: they are found in the order of
 * service, list and id.
 */
export interface ExpiredNotification {
  readonly service_id: string;
  readonly id: string;
  /** The index of its list (one for each kind of API key and channel, with and without a job) among all lists. */
  readonly list_at: number;
}

/** The position before every notification, from which a search begins. */
export const FIRST_NOTIFICATION: ExpiredNotification = { service_id: "", id: "", list_at: 0 };

/**
 * Selects notifications whose retention period has passed at `now` (epoch milliseconds), at most `limit`, from behind
 * the position `after`. Those that are still to be sent are left out.
 */
export function selectExpired(
  now: number,
  limit: number,
  after: ExpiredNotification,
): InStatement {
  return { sql: SELECT_EXPIRED, args: [now, limit, JSON.stringify(after)] };
}

/** Reads the position of a row of {@link selectExpired}. */
export function readPosition(row: Row): ExpiredNotification {
  return {
    service_id: uuid(row, "service_id"),
    id: uuid(row, "id"),
    list_at: integer(row, "list_at"),
  };
}

/** Reads a row of {@link selectExpired}, with what is kept of it. */
export function readEnded(row: Row): EndedMessage {
  return {
    serviceId: uuid(row, "service_id"),
    id: uuid(row, "id"),
    eventsLength: integer(row, "events_length"),
    kept: encodeMessage(row, integer(row, "kept_days")),
  };
}

/**
 * Stores the timelines of batches of notifications, and deletes these with their outbox rows and inbox messages, which
 * it subtracts from the counts of their inboxes. The last statement returns a row for each notification that was
 * deleted.
 *
 * @param now epoch milliseconds
 */
export function deleteExpired(batches: PackedBatches, now: number): readonly InStatement[] {
  const deletions = [
    `DELETE FROM outbox WHERE ${amongStored("(service_id, notification_id)")}`,
    // Every inbox exists, so this only updates. An UPDATE statement would read all inboxes.
    `INSERT INTO inboxes (service_id, recipient_hash, total, unread, sequence,
        all_acknowledged_at_sequence)
      SELECT service_id, recipient_hash, count(*), sum(acknowledged_at IS NULL), 0, 0
      FROM inbox_messages INDEXED BY inbox_messages_of_id
      WHERE ${amongStored("(service_id, id)")}
      GROUP BY service_id, recipient_hash
      ON CONFLICT (service_id, recipient_hash) DO UPDATE SET
        total = total - excluded.total, unread = unread - excluded.unread`,
    `DELETE FROM inbox_messages INDEXED BY inbox_messages_of_id
      WHERE ${amongStored("(service_id, id)")}`,
    `DELETE FROM notifications WHERE ${amongStored("(service_id, id)")} RETURNING 1`,
  ];
  return [storeBatches(batches, now), ...deletions.map((sql) => ({ sql, args: [batches.places] }))];
}
