/** The statements of the way out: what is due, and what is written of it. Batches are given as one JSON array. */
import { FINAL_STATUSES } from "../../../domain/notification/status.ts";
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";

/** Everything of a batch that still holds its lease. */
export const HELD =
  `json_each(?1) AS r CROSS JOIN outbox AS o ON o.service_id = r.value->>'service_id'
  AND o.notification_id = r.value->>'id' AND o.lease_token = r.value->>'token'`;

const FINAL = FINAL_STATUSES.map((status) => `'${status}'`).join(", ");

/**
 * What is due of a channel (?3) at a time (?1), at most so many (?2). Services take turns: of each the first that is due
 * comes before the second of any. Single sends come before rows of lists, and those before what waits for receipts.
 * The queues are found by seeking from one to the next, so that a long one costs no more than a short one.
 */
const DUE = `WITH RECURSIVE queues(queue) AS (
    SELECT min(queue) FROM outbox WHERE channel = ?3
    UNION ALL
    SELECT (SELECT min(o.queue) FROM outbox AS o WHERE o.channel = ?3 AND o.queue > queues.queue)
    FROM queues WHERE queues.queue IS NOT NULL)
  SELECT o.service_id, o.notification_id FROM queues
  CROSS JOIN outbox AS o ON (o.service_id, o.notification_id) IN (
    SELECT i.service_id, i.notification_id FROM outbox AS i
    WHERE i.channel = ?3 AND i.queue = queues.queue AND i.due_at <= ?1
    ORDER BY i.due_at, i.service_id, i.notification_id LIMIT ?2)
  WHERE queues.queue IS NOT NULL
  ORDER BY o.lane, row_number() OVER (PARTITION BY o.queue ORDER BY o.due_at, o.notification_id),
    o.due_at, o.notification_id
  LIMIT ?2`;

/** Read before they are taken, in the same transaction. */
export const SELECT_DUE = `SELECT n.*, ${DATA_KEY_COLUMNS}, o.task, o.attempts, o.unresolved,
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
    END AS called_off
  FROM (${DUE}) AS due
  CROSS JOIN outbox AS o ON o.service_id = due.service_id
    AND o.notification_id = due.notification_id
  CROSS JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id
  CROSS JOIN data_keys AS d ON d.service_id = n.service_id AND d.id = n.data_key_id`;

/** By way of JSON, for the planner takes what comes out of it for little and looks each up. */
export const CLAIM = `UPDATE outbox SET due_at = ?1 + ?4, lease_token = ?5
  FROM json_each((SELECT json_group_array(json_array(service_id, notification_id)) FROM (${DUE})))
    AS r
  WHERE outbox.service_id = r.value->>0 AND outbox.notification_id = r.value->>1`;

/** The attempt is counted before its event is written, so the event can say its number. */
export const START_ATTEMPTS = `UPDATE outbox SET attempts = attempts + 1, unresolved = 1,
    due_at = r.value->>'lease_until'
  FROM json_each(?1) AS r
  WHERE outbox.service_id = r.value->>'service_id' AND outbox.notification_id = r.value->>'id'
    AND outbox.lease_token = r.value->>'token' AND outbox.task = 'deliver'
    AND EXISTS (SELECT 1 FROM notifications AS n WHERE n.service_id = outbox.service_id
      AND n.id = outbox.notification_id AND n.status NOT IN (${FINAL}))
  RETURNING notification_id, lease_token, attempts`;

export const INSERT_START_EVENTS =
  `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT o.service_id, o.notification_id, r.value->>'event_id', r.value->>'at', 'attempt-started',
    json_set(r.value->'facts', '$.attempt', o.attempts)
  FROM ${HELD} JOIN notifications AS n ON n.service_id = o.service_id
    AND n.id = o.notification_id AND n.status NOT IN (${FINAL})
  WHERE o.task = 'deliver'`;

export const INSERT_EVENTS = `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT o.service_id, o.notification_id, e.value->>'id', r.value->>'at', e.value->>'kind',
    e.value->>'facts'
  FROM ${HELD}, json_each(r.value->'events') AS e`;

/** A change of status is told only where it happens. */
export const INSERT_STATUS_EVENTS =
  `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT o.service_id, o.notification_id, r.value->>'status_event_id', r.value->>'at',
    'status-changed', json_object('status', r.value->>'status')
  FROM ${HELD}
  JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id
    AND n.status IN (SELECT value FROM json_each(r.value->'from'))
  WHERE r.value->>'status' IS NOT NULL`;

export const INSERT_PROVIDER_MESSAGES =
  `INSERT INTO provider_messages (provider, message_id, service_id, notification_id)
  SELECT r.value->>'provider', r.value->>'message_id', o.service_id, o.notification_id
  FROM ${HELD} WHERE r.value->>'message_id' IS NOT NULL
  ON CONFLICT (provider, message_id) DO NOTHING`;

export const RECORD_PROVIDER_ACCEPTED =
  `UPDATE notifications SET sent_at = coalesce(sent_at, r.value->>'at'),
    provider = r.value->>'provider'
  FROM ${HELD}
  WHERE r.value->>'message_id' IS NOT NULL
    AND notifications.service_id = o.service_id AND notifications.id = o.notification_id`;

export const MOVE_STATUS =
  `UPDATE notifications SET status = r.value->>'status', status_at = r.value->>'at',
    completed_at = CASE WHEN r.value->>'completed' THEN r.value->>'at' ELSE completed_at END
  FROM ${HELD}
  WHERE notifications.service_id = o.service_id AND notifications.id = o.notification_id
    AND notifications.status IN (SELECT value FROM json_each(r.value->'from'))`;

/** Nothing is left to do where the settlement says so, or where a receipt was quicker than we were. */
export const DELETE_DONE = `DELETE FROM outbox WHERE (service_id, notification_id) IN (
    SELECT o.service_id, o.notification_id FROM ${HELD}
    WHERE r.value->>'next' = 'done' OR EXISTS (SELECT 1 FROM notifications AS n
      WHERE n.service_id = o.service_id AND n.id = o.notification_id AND n.status IN (${FINAL})))`;

export const RESCHEDULE = `UPDATE outbox SET task = r.value->>'task', due_at = r.value->>'due_at',
    lane = iif(r.value->>'task' = 'deliver', lane, 2), lease_token = NULL, unresolved = r.value->>'unresolved'
  FROM json_each(?1) AS r
  WHERE outbox.service_id = r.value->>'service_id' AND outbox.notification_id = r.value->>'id'
    AND outbox.lease_token = r.value->>'token'
  RETURNING notification_id`;
