/**
 * The SQL of a claim. A queue is the outbox rows of one service, channel and lane (priority). Its `turn_at` is the time, in
 * epoch milliseconds, from which rows may be claimed from it: the queue's turn. Where queues are an argument, they are a
 * JSON array of `[channel, lane, service]`, the service in hexadecimal.
 */
import { LANES } from "../../../domain/delivery/lanes.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";

/**
 * The earliest time at which a row may be due; `NULL` for an empty outbox. Reads one row of each channel's lanes,
 * however many queues there are.
 */
export const SELECT_NEXT_DUE = `SELECT min((SELECT q.turn_at FROM outbox_queues AS q
    WHERE q.channel = c.value AND q.lane = l.value AND q.turn_at IS NOT NULL
    ORDER BY q.turn_at LIMIT 1)) AS due_at
  FROM json_each('${JSON.stringify(CHANNELS)}') AS c
  CROSS JOIN json_each('${JSON.stringify(LANES)}') AS l`;

/** SQL of the condition that an outbox row is in the queue `r` of an argument. */
export function inQueue(outbox: string): string {
  return `${outbox}.channel = r.value->>0 AND ${outbox}.lane = r.value->>1
        AND ${outbox}.service_id = unhex(r.value->>2)`;
}

/**
 * The queues whose turn has come at a time (?1), of some lanes (?2, a JSON array of `[channel, lane]`), at most ?3 of each
 * lane, the earliest turn first; `place` is their order. Its result stays the same in a claim until {@link END_TURNS}.
 */
const WAITING_QUEUES =
  `SELECT l.value->>0 AS channel, l.value->>1 AS lane, s.key AS place, unhex(s.value) AS service_id
  FROM json_each(?2) AS l
  CROSS JOIN json_each((SELECT json_group_array(hex(service_id))
    FROM (SELECT q.service_id FROM outbox_queues AS q INDEXED BY outbox_queues_of_turn
      WHERE q.channel = l.value->>0 AND q.lane = l.value->>1 AND q.turn_at <= ?1
      ORDER BY q.turn_at, q.service_id LIMIT ?3))) AS s`;

/** SQL of the condition that an outbox row `o` is in a queue `w`. */
const OF_WAITING = "o.channel = w.channel AND o.lane = w.lane AND o.service_id = w.service_id";

/** The queues of {@link WAITING_QUEUES} that have due rows. The turns of the others came too early. */
export const SELECT_DUE_QUEUES = `SELECT w.* FROM (${WAITING_QUEUES}) AS w
    WHERE EXISTS (SELECT 1 FROM outbox AS o WHERE ${OF_WAITING} AND o.due_at <= ?1)`;

/** SQL of the next due row of a queue `w` as JSON of its time and id. @param after a further condition of the row */
const nextRow = (after: string) =>
  `(SELECT json_array(o.due_at, hex(o.notification_id)) FROM outbox AS o
    WHERE ${OF_WAITING} AND o.due_at <= ?1${after}
    ORDER BY o.due_at, o.notification_id LIMIT 1)`;

/**
 * Leases the oldest due rows of queues until ?4 under a token (?5). ?1 to ?3 are those of {@link WAITING_QUEUES}.
 *
 * ?6 says how many rows each lane gives, as JSON: `?6[channel][set][lane]`, where `set` is the lanes of the channel that
 * have due rows, as the sum of `1 << lane`. A lane's queues are served round-robin: each gives a row before one gives a
 * second.
 *
 * - `due`: the queues with due rows; `turn` is a queue's place in its lane, `queues` their number
 * - `shared`: the same with `rows`, how many rows the lane gives
 * - `served`: the queues that give rows; `most` is how many each gives
 * - `walk`: their rows, one after the other. A `LIMIT` cannot depend on the queue, and one for all queues would read rows
 *   that are not leased.
 */
export const CLAIM = `WITH RECURSIVE
  due AS NOT MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY channel, lane ORDER BY place) - 1 AS turn,
      count(*) OVER (PARTITION BY channel, lane) AS queues
    FROM (${SELECT_DUE_QUEUES})),
  shared AS NOT MATERIALIZED (
    SELECT *, ?6->channel->sum(iif(turn = 0, 1 << lane, 0)) OVER (PARTITION BY channel)->>lane
      AS rows FROM due),
  served AS NOT MATERIALIZED (
    SELECT *, rows / min(rows, queues) + (turn < rows % min(rows, queues)) AS most FROM shared
    WHERE turn < rows),
  walk (channel, lane, service_id, most, row) AS NOT MATERIALIZED (
    SELECT channel, lane, service_id, most, ${nextRow("")} FROM served AS w
    UNION ALL
    SELECT channel, lane, service_id, most - 1, ${
  nextRow(" AND (o.due_at, o.notification_id) > (w.row->>0, unhex(w.row->>1))")
} FROM walk AS w WHERE w.most > 1 AND w.row IS NOT NULL)
  UPDATE outbox SET due_at = ?4, lease_token = ?5
  WHERE (service_id, notification_id) IN (
    SELECT service_id, unhex(row->>1) FROM walk WHERE row IS NOT NULL)`;

const CLAIMED_COLUMNS = `n.*, ${DATA_KEY_COLUMNS}, o.task, o.attempts, o.unresolved,
    o.lease_token, o.undecryptable_since, o.starts, o.unknown, o.redriven_at,
    iif(o.task = 'poll', n.provider_message_id, NULL) AS message_id,
    CASE
      WHEN (SELECT r.acknowledged_at FROM notifications AS r
        WHERE r.service_id = n.service_id AND r.id = n.unless_read) IS NOT NULL
        THEN 'acknowledged'
      WHEN (SELECT j.status FROM jobs AS j
        WHERE j.service_id = n.service_id AND j.id = n.job_id) = 'cancelled'
        THEN 'job-cancelled'
    END AS cancellation_reason,
    EXISTS (SELECT 1 FROM jobs AS j WHERE j.service_id = n.service_id AND j.id = n.job_id
      AND j.status = 'paused') AS job_is_paused`;

/** SQL that joins outbox rows `o` with their notifications and data keys. */
const WITH_NOTIFICATIONS =
  `CROSS JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id
  CROSS JOIN data_keys AS d ON d.service_id = n.service_id AND d.id = n.data_key_id`;

/**
 * The rows that {@link CLAIM} has leased, with the same arguments ?1 to ?5, in the same transaction. The end of the lease
 * is their place in the index of their queue.
 */
export const SELECT_CLAIMED = `SELECT ${CLAIMED_COLUMNS} FROM (${WAITING_QUEUES}) AS w
  CROSS JOIN outbox AS o INDEXED BY outbox_of_queue ON ${OF_WAITING}
    AND o.due_at = ?4 AND o.lease_token = ?5
  ${WITH_NOTIFICATIONS}`;

/** The rows of some queues (?1) that a claim by their keys has leased until ?2 under a token (?3), in the same transaction. */
export const SELECT_LEASED_OF = `SELECT ${CLAIMED_COLUMNS} FROM json_each(?1) AS r
  CROSS JOIN outbox AS o INDEXED BY outbox_of_queue ON ${
  inQueue("o")
} AND o.due_at = ?2 AND o.lease_token = ?3
  ${WITH_NOTIFICATIONS}`;

/**
 * Ends the turns of the queues that {@link CLAIM} has served, with the same arguments ?1 to ?5, and of those without a due
 * row. The next turn of a queue with due rows is after the turns of all that wait now; that of another queue is when its
 * next row is due. A queue without rows has no turn until a trigger sets it for its next row. Queues that are due and were
 * not served keep their turns: otherwise claims of few rows would serve the same queues again.
 */
export const END_TURNS = `UPDATE outbox_queues SET turn_at = max(?1, (
    SELECT min(o.due_at) FROM outbox AS o
    WHERE o.channel = outbox_queues.channel AND o.lane = outbox_queues.lane
      AND o.service_id = outbox_queues.service_id))
  WHERE (channel, lane, service_id) IN (
    SELECT w.channel, w.lane, w.service_id FROM (${WAITING_QUEUES}) AS w
    WHERE NOT EXISTS (SELECT 1 FROM outbox AS o WHERE ${OF_WAITING} AND o.due_at <= ?1)
      OR EXISTS (SELECT 1 FROM outbox AS o INDEXED BY outbox_of_queue WHERE ${OF_WAITING}
        AND o.due_at = ?4 AND o.lease_token = ?5))
  RETURNING channel`;

/**
 * Sets `turn_at` back to the time at which a queue's first row is due, for queues whose `turn_at` is later than that
 * and than a time (?1): the clock was set back.
 */
export const REWIND_TURNS = `UPDATE outbox_queues SET turn_at = q.due_at
  FROM (SELECT a.channel, a.lane, a.service_id, (SELECT min(o.due_at) FROM outbox AS o
      WHERE o.channel = a.channel AND o.lane = a.lane AND o.service_id = a.service_id) AS due_at
    FROM outbox_queues AS a WHERE a.turn_at > ?1) AS q
  WHERE outbox_queues.channel = q.channel AND outbox_queues.lane = q.lane
    AND outbox_queues.service_id = q.service_id AND outbox_queues.turn_at > q.due_at`;
