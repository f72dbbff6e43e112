import { LANE, type Lane, LANES } from "../../../domain/delivery/lanes.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import {
  MAX_ROWS_COUNTED,
  type QueueStage,
  type QueueStore,
} from "../../../domain/ports/queue_store.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import { integer, integerOrNull, rowsOf, textOrNull, uuid } from "../connection/row.ts";

/**
 * The rows of a lane (?2) of a channel (?3) in groups, at a time (?1), at most ?4 of them. The provider is read for rows
 * that a provider has: the others have none, and the row of a notification is long.
 */
const countLane = (lane: number) =>
  `SELECT service_id, provider, sum(is_due) AS due,
    sum(is_leased AND NOT is_due) AS leased, sum(NOT is_leased AND NOT is_due) AS waiting,
    min(iif(is_due, due_at, NULL)) AS oldest_due_at, count(*) AS rows
  FROM (SELECT o.service_id, ${lane === LANE.awaiting ? "n.provider" : "NULL AS provider"},
      o.due_at, o.due_at <= ?1 AS is_due, o.lease_token IS NOT NULL AS is_leased
    FROM outbox AS o INDEXED BY outbox_of_queue ${
    lane === LANE.awaiting
      ? "CROSS JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id"
      : ""
  }
    WHERE o.channel = ?3 AND o.lane = ?2 LIMIT ?4)
  GROUP BY service_id, provider`;

/** The first due time (before ?1) of a channel (?2): of each queue's first row. */
const OLDEST_DUE = `SELECT min((SELECT min(o.due_at) FROM outbox AS o
      WHERE o.channel = queues.channel AND o.lane = queues.lane
        AND o.service_id = queues.service_id AND o.due_at <= ?1)) AS due_at
  FROM outbox_queues AS queues WHERE queues.channel = ?2`;

/** The stage of the rows of each lane. */
const STAGES = new Map<Lane, QueueStage>([
  [LANE.awaiting, "awaiting-receipt"],
  [LANE.undecryptable, "undecryptable"],
]);

const GROUPS = CHANNELS.flatMap((channel) => LANES.map((lane) => ({ channel, lane })));

/** Creates the store that counts the rows of the outbox, by service, provider and stage. */
export function createQueueStore(db: Pick<Database, "readLong">): QueueStore {
  return {
    async read(now) {
      const results = await db.readLong(GROUPS.map(({ channel, lane }) => ({
        sql: countLane(lane),
        args: [now, lane, channel, MAX_ROWS_COUNTED],
      })));
      const counted = GROUPS.map(({ channel, lane }, index) => ({
        channel,
        stage: STAGES.get(lane) ?? "to-send",
        rows: rowsOf(results, index),
      }));
      return {
        queues: counted.flatMap(({ channel, stage, rows }) =>
          rows.map((row) => ({
            channel,
            stage,
            serviceId: uuid(row, "service_id") as ServiceId,
            provider: textOrNull(row, "provider"),
            due: integer(row, "due"),
            leased: integer(row, "leased"),
            waiting: integer(row, "waiting"),
            oldestDueAt: integerOrNull(row, "oldest_due_at"),
          }))
        ),
        isComplete: counted.every(({ rows }) => countRows(rows) < MAX_ROWS_COUNTED),
      };
    },
    async oldestDue(now) {
      const results = await db.readLong(
        CHANNELS.map((channel) => ({ sql: OLDEST_DUE, args: [now, channel] })),
      );
      return new Map(CHANNELS.flatMap((channel, index) => {
        const [row] = rowsOf(results, index);
        const dueAt = row === undefined ? null : integerOrNull(row, "due_at");
        return dueAt === null ? [] : [[channel, dueAt] as const];
      }));
    },
  };
}

function countRows(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + integer(row, "rows"), 0);
}
