/** Lists rows that are due, for messages of the work queue. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { DueRow } from "../../../domain/ports/outbox.ts";
import type { Channel } from "../../../domain/service/service.ts";
import type { Database } from "../connection/database.ts";
import { integer, rowsOf, uuid } from "../connection/row.ts";
import { inQueue, SELECT_DUE_QUEUES } from "./claim_statements.ts";

/** Max queues of one lane of a channel that are looked at, those that have waited longest first. */
const MAX_QUEUES = 500;

/** The oldest rows of each of some queues (?1) that are to be sent and due at a time (?2), at most ?3 of each. */
const SELECT_DUE_ROWS =
  `SELECT unhex(due.value->>0) AS service_id, unhex(due.value->>1) AS notification_id,
    due.key AS place
  FROM json_each(?1) AS r
  CROSS JOIN json_each((SELECT json_group_array(json_array(hex(service_id), hex(notification_id)))
    FROM (SELECT i.service_id, i.notification_id FROM outbox AS i
      WHERE ${inQueue("i")} AND i.due_at <= ?2
      ORDER BY i.due_at, i.service_id, i.notification_id LIMIT ?3))) AS due`;

/**
 * Lists due rows of some channels, at most `limit` of each. Single sends come first; of a lane each service's first row
 * comes before the second of any.
 */
export async function listDueRows(
  db: Pick<Database, "background">,
  now: number,
  channels: readonly Channel[],
  limit: number,
): Promise<readonly DueRow[]> {
  if (channels.length === 0) return [];
  const lanes = channels.flatMap((channel) =>
    [LANE.single, LANE.bulk].map((lane) => ({ channel, lane }))
  );
  const listed = JSON.stringify(lanes.map(({ channel, lane }) => [channel, lane]));
  const found = await db.background.read([
    { sql: SELECT_DUE_QUEUES, args: [now, listed, MAX_QUEUES] },
  ]);
  const groups = lanes.map(({ channel, lane }) => ({
    channel,
    queues: rowsOf(found, 0)
      .filter((row) => row.channel === channel && integer(row, "lane") === lane)
      .map((row) => [channel, lane, uuid(row, "service_id").replaceAll("-", "")]),
  })).filter(({ queues }) => queues.length > 0);
  if (groups.length === 0) return [];
  const results = await db.background.read(groups.map(({ queues }) => ({
    sql: SELECT_DUE_ROWS,
    args: [JSON.stringify(queues), now, Math.ceil(limit / queues.length)],
  })));
  const due = new Map<Channel, DueRow[]>(channels.map((channel) => [channel, []]));
  for (const [index, { channel }] of groups.entries()) {
    const rows = rowsOf(results, index)
      .toSorted((a, b) => integer(a, "place") - integer(b, "place"));
    due.get(channel)?.push(...rows.map((row) => ({
      channel,
      serviceId: uuid(row, "service_id") as ServiceId,
      notificationId: uuid(row, "notification_id") as NotificationId,
    })));
  }
  return [...due.values()].flatMap((rows) => rows.slice(0, limit));
}
