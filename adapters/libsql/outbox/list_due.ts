/** Lists rows that are due, for messages of the work queue. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { DueRow } from "../../../domain/ports/outbox.ts";
import type { Channel } from "../../../domain/service/service.ts";
import type { Database } from "../connection/database.ts";
import { rowsOf, uuid } from "../connection/row.ts";

/** Max queues of one lane of a channel that are looked at, those that have waited longest first. */
const MAX_QUEUES = 500;

/**
 * The oldest due rows (at a time ?1) of a channel (?2) that are to be sent, at most ?3: one of each service's queue, then
 * the second of each, and so on; single sends before others.
 */
const SELECT_DUE_ROWS =
  [LANE.single, LANE.bulk].map((lane) =>
    `SELECT * FROM (SELECT ${lane} AS lane, o.service_id, o.notification_id,
      row_number() OVER (PARTITION BY o.service_id ORDER BY o.due_at) AS place
    FROM (SELECT service_id FROM outbox_queues INDEXED BY outbox_queues_of_turn
      WHERE channel = ?2 AND lane = ${lane} AND turn_at <= ?1
      ORDER BY turn_at, service_id LIMIT ${MAX_QUEUES}) AS q
    CROSS JOIN outbox AS o INDEXED BY outbox_of_queue
      ON o.channel = ?2 AND o.lane = ${lane} AND o.service_id = q.service_id AND o.due_at <= ?1
    WHERE o.task = 'deliver' LIMIT ?3)`
  ).join(" UNION ALL ") + " ORDER BY lane, place LIMIT ?3";

/** Lists due rows of some channels, at most `limit` of each. */
export async function listDueRows(
  db: Pick<Database, "background">,
  now: number,
  channels: readonly Channel[],
  limit: number,
): Promise<readonly DueRow[]> {
  if (channels.length === 0) return [];
  const results = await db.background.read(
    channels.map((channel) => ({ sql: SELECT_DUE_ROWS, args: [now, channel, limit] })),
  );
  return channels.flatMap((channel, index) =>
    rowsOf(results, index).map((row) => ({
      channel,
      serviceId: uuid(row, "service_id") as ServiceId,
      notificationId: uuid(row, "notification_id") as NotificationId,
    }))
  );
}
