/** The SQL of a claim. Queues are one argument, a JSON array of `[channel, queue]`. */
import { LANES } from "../../../domain/delivery/lanes.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";

const EVERY_LANE = `json_each('${JSON.stringify(LANES)}')`;

/** The earliest time at which a row may be due. Reads one row of each channel's lanes, however many queues there are. */
export const SELECT_NEXT_DUE = `SELECT min((SELECT q.turn_at FROM outbox_queues AS q
    WHERE q.channel = c.value AND q.lane = l.value ORDER BY q.turn_at LIMIT 1)) AS due_at
  FROM json_each('${JSON.stringify(CHANNELS)}') AS c CROSS JOIN ${EVERY_LANE} AS l`;

/**
 * The queues of some channels (?3) whose turn has come at a time (?1), at most ?2 of a channel's lane, those that have
 * waited longest first. `is_due` is 0 where the turn was too early: no row is due.
 */
export const SELECT_DUE_QUEUES = `SELECT q.channel, q.lane, q.queue,
    EXISTS (SELECT 1 FROM outbox AS o
      WHERE o.channel = q.channel AND o.queue = q.queue AND o.due_at <= ?1) AS is_due
  FROM json_each(?3) AS c CROSS JOIN ${EVERY_LANE} AS l
  CROSS JOIN outbox_queues AS q ON (q.channel, q.queue) IN (
    SELECT i.channel, i.queue FROM outbox_queues AS i INDEXED BY outbox_queues_by_turn
    WHERE i.channel = c.value AND i.lane = l.value AND i.turn_at <= ?1
    ORDER BY i.turn_at, i.queue LIMIT ?2)
  ORDER BY c.key, q.lane, q.turn_at, q.queue`;

/**
 * Leases the rows of some queues (?4) that are due at a time (?1), the oldest ?5 of each, until ?2 under a token (?3). The
 * rows pass through JSON: the planner expects few rows from it and looks each one up by its key.
 */
export const CLAIM = `UPDATE outbox SET due_at = ?2, lease_token = ?3
  FROM json_each((SELECT json_group_array(json_array(o.service_id, o.notification_id))
    FROM json_each(?4) AS r
    CROSS JOIN outbox AS o ON (o.service_id, o.notification_id) IN (
      SELECT i.service_id, i.notification_id FROM outbox AS i
      WHERE i.channel = r.value->>0 AND i.queue = r.value->>1 AND i.due_at <= ?1
      ORDER BY i.due_at, i.service_id, i.notification_id LIMIT ?5))) AS due
  WHERE outbox.service_id = due.value->>0 AND outbox.notification_id = due.value->>1`;

/**
 * The rows of some queues (?1) that {@link CLAIM} has leased until ?2 under a token (?3), in the same transaction. The end
 * of the lease is their place in the index of their queue.
 */
export const SELECT_CLAIMED = `SELECT n.*, ${DATA_KEY_COLUMNS}, o.task, o.attempts, o.unresolved,
    o.lease_token, o.undecryptable_since,
    iif(o.task = 'poll', (SELECT m.message_id FROM provider_messages AS m
      WHERE m.service_id = o.service_id AND m.notification_id = o.notification_id
        AND m.provider = n.provider), NULL)
      AS message_id,
    CASE
      WHEN (SELECT r.acknowledged_at FROM notifications AS r
        WHERE r.service_id = n.service_id AND r.id = n.unless_read) IS NOT NULL
        THEN 'acknowledged'
      WHEN (SELECT j.status FROM jobs AS j
        WHERE j.service_id = n.service_id AND j.id = n.job_id) = 'cancelled'
        THEN 'job-cancelled'
    END AS cancellation_reason
  FROM json_each(?1) AS r
  CROSS JOIN outbox AS o ON o.channel = r.value->>0 AND o.queue = r.value->>1
    AND o.due_at = ?2 AND o.lease_token = ?3
  CROSS JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id
  CROSS JOIN data_keys AS d ON d.service_id = n.service_id AND d.id = n.data_key_id`;

const IN_QUEUES = "(channel, queue) IN (SELECT r.value->>0, r.value->>1 FROM json_each(?1) AS r)";

/** Deletes the turns of those of some queues (?1) that have no row. The next row brings its turn with it, by a trigger. */
export const DELETE_EMPTY_QUEUES = `DELETE FROM outbox_queues WHERE ${IN_QUEUES}
  AND NOT EXISTS (SELECT 1 FROM outbox AS o
    WHERE o.channel = outbox_queues.channel AND o.queue = outbox_queues.queue)`;

/**
 * Ends the turns of some queues (?1) at a time (?2). Those that still have due rows are served again after all that wait
 * now; the others when their next row is due.
 */
export const END_TURNS = `UPDATE outbox_queues SET turn_at = max(?2, (
    SELECT min(o.due_at) FROM outbox AS o
    WHERE o.channel = outbox_queues.channel AND o.queue = outbox_queues.queue))
  WHERE ${IN_QUEUES}`;
