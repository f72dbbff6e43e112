/**
 * The SQL of a claim. A queue is the outbox rows of one service, channel and lane (priority); `turn_at` is the time
 * from which it may be claimed from, in epoch milliseconds. Queues are one argument, a JSON array of `[channel, lane,
 * service]`, the service in hexadecimal.
 */
import { LANES } from "../../../domain/delivery/lanes.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { unionAll } from "../connection/union_all.ts";
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

/**
 * The queues of a channel (?3) whose `turn_at` has come at a time (?1), at most ?2 of a lane, those that have waited
 * longest first. `is_due` is 0 where it came too early: no row is due.
 */
export const SELECT_DUE_QUEUES = unionAll(
  LANES.map((lane) =>
    `SELECT * FROM (SELECT q.lane, q.service_id,
      EXISTS (SELECT 1 FROM outbox AS o WHERE o.channel = ?3 AND o.lane = ${lane}
        AND o.service_id = q.service_id AND o.due_at <= ?1) AS is_due
    FROM outbox_queues AS q INDEXED BY outbox_queues_of_turn
    WHERE q.channel = ?3 AND q.lane = ${lane} AND q.turn_at <= ?1
    ORDER BY q.turn_at, q.service_id LIMIT ?2)`
  ),
);

/** Whether an outbox row is in the queue `r`. */
export function inQueue(outbox: string): string {
  return `${outbox}.channel = r.value->>0 AND ${outbox}.lane = r.value->>1
        AND ${outbox}.service_id = unhex(r.value->>2)`;
}

/**
 * Leases the rows of some queues (?4) that are due at a time (?1), the oldest ?5 of each, until ?2 under a token (?3). The
 * rows pass through JSON: the planner expects few rows from it and looks each one up by its key.
 */
export const CLAIM = `UPDATE outbox SET due_at = ?2, lease_token = ?3
  WHERE (service_id, notification_id) IN (
    SELECT unhex(due.value->>0), unhex(due.value->>1) FROM json_each(?4) AS r
    CROSS JOIN json_each((SELECT json_group_array(json_array(hex(service_id), hex(notification_id)))
      FROM (SELECT i.service_id, i.notification_id FROM outbox AS i
        WHERE ${inQueue("i")} AND i.due_at <= ?1
        ORDER BY i.due_at, i.service_id, i.notification_id LIMIT ?5))) AS due)`;

/**
 * The rows of some queues (?1) that {@link CLAIM} has leased until ?2 under a token (?3), in the same transaction. The end
 * of the lease is their place in the index of their queue.
 */
export const SELECT_CLAIMED = `SELECT n.*, ${DATA_KEY_COLUMNS}, o.task, o.attempts, o.unresolved,
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
      AND j.status = 'paused') AS job_is_paused
  FROM json_each(?1) AS r
  CROSS JOIN outbox AS o INDEXED BY outbox_of_queue ON ${
  inQueue("o")
} AND o.due_at = ?2 AND o.lease_token = ?3
  CROSS JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id
  CROSS JOIN data_keys AS d ON d.service_id = n.service_id AND d.id = n.data_key_id`;

/**
 * Sets the next `turn_at` of some queues (?1) after a claim at a time (?2). Those that still have due rows are served
 * again after all that wait now, the others when their next row is due. One without rows has none, until a trigger
 * sets it for the next row.
 */
export const END_TURNS = `UPDATE outbox_queues SET turn_at = max(?2, (
    SELECT min(o.due_at) FROM outbox AS o
    WHERE o.channel = outbox_queues.channel AND o.lane = outbox_queues.lane
      AND o.service_id = outbox_queues.service_id))
  WHERE (channel, lane, service_id) IN (
    SELECT r.value->>0, r.value->>1, unhex(r.value->>2) FROM json_each(?1) AS r)`;

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
