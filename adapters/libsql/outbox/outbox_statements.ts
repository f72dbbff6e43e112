/** The SQL of the outbox. A batch is one argument, a JSON array. */
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";
import { LEAVING_OUTBOX } from "../notifications/status_transition.ts";

/** The rows `r` of a batch (?1) whose lease is still valid, with their outbox rows `o`. */
export const LEASED =
  `json_each(?1) AS r CROSS JOIN outbox AS o ON o.service_id = r.value->>'service_id'
  AND o.notification_id = r.value->>'id' AND o.lease_token = r.value->>'token'`;

/**
 * The due rows of a channel (?3) at a time (?1), at most ?2. Services are served round-robin: the first due row of each
 * comes before the second of any. Single sends come before rows of jobs, and those before rows that await receipts.
 * The index is searched from one queue to the next, so that a long queue costs no more than a short one.
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

/** Runs before {@link CLAIM}, in the same transaction. */
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
    END AS cancellation_reason
  FROM (${DUE}) AS due
  CROSS JOIN outbox AS o ON o.service_id = due.service_id
    AND o.notification_id = due.notification_id
  CROSS JOIN notifications AS n ON n.service_id = o.service_id AND n.id = o.notification_id
  CROSS JOIN data_keys AS d ON d.service_id = n.service_id AND d.id = n.data_key_id`;

/** The due rows pass through JSON: the planner expects few rows from it and looks each one up by its key. */
export const CLAIM = `UPDATE outbox SET due_at = ?1 + ?4, lease_token = ?5
  FROM json_each((SELECT json_group_array(json_array(service_id, notification_id)) FROM (${DUE})))
    AS r
  WHERE outbox.service_id = r.value->>0 AND outbox.notification_id = r.value->>1`;

/** Runs before {@link INSERT_START_EVENTS}, so that the event can contain the number of the attempt. */
export const START_ATTEMPTS = `UPDATE outbox SET attempts = attempts + 1, unresolved = 1,
    due_at = r.value->>'lease_until'
  FROM json_each(?1) AS r
  WHERE outbox.service_id = r.value->>'service_id' AND outbox.notification_id = r.value->>'id'
    AND outbox.lease_token = r.value->>'token' AND outbox.task = 'deliver'
    AND EXISTS (SELECT 1 FROM notifications AS n WHERE n.service_id = outbox.service_id
      AND n.id = outbox.notification_id AND n.status NOT IN ${LEAVING_OUTBOX})
  RETURNING notification_id, lease_token, attempts`;

export const INSERT_START_EVENTS =
  `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT o.service_id, o.notification_id, r.value->>'event_id', r.value->>'at', 'attempt-started',
    json_set(r.value->'facts', '$.attempt', o.attempts)
  FROM ${LEASED} JOIN notifications AS n ON n.service_id = o.service_id
    AND n.id = o.notification_id AND n.status NOT IN ${LEAVING_OUTBOX}
  WHERE o.task = 'deliver'`;

export const INSERT_EVENTS = `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT o.service_id, o.notification_id, e.value->>'id', r.value->>'at', e.value->>'kind',
    e.value->>'facts'
  FROM ${LEASED}, json_each(r.value->'events') AS e`;

/** The changes of status that a batch of attempt results asks for. */
export const STATUS_CHANGES = `SELECT o.service_id, o.notification_id, r.value->>'status' AS status,
    r.value->>'at' AS at, r.value->>'status_event_id' AS event_id, NULL AS details
  FROM ${LEASED} WHERE r.value->>'status' IS NOT NULL`;

export const INSERT_PROVIDER_MESSAGES =
  `INSERT INTO provider_messages (provider, message_id, service_id, notification_id)
  SELECT r.value->>'provider', r.value->>'message_id', o.service_id, o.notification_id
  FROM ${LEASED} WHERE r.value->>'message_id' IS NOT NULL
  ON CONFLICT (provider, message_id) DO NOTHING`;

export const RECORD_PROVIDER_ACCEPTED =
  `UPDATE notifications SET sent_at = coalesce(sent_at, r.value->>'at'),
    provider = r.value->>'provider'
  FROM ${LEASED}
  WHERE r.value->>'message_id' IS NOT NULL
    AND notifications.service_id = o.service_id AND notifications.id = o.notification_id`;

/** Deletes the rows that need no further work by their result, or by a receipt that has arrived meanwhile. */
export const DELETE_DONE = `DELETE FROM outbox WHERE (service_id, notification_id) IN (
    SELECT o.service_id, o.notification_id FROM ${LEASED}
    WHERE r.value->>'next' = 'done' OR EXISTS (SELECT 1 FROM notifications AS n
      WHERE n.service_id = o.service_id AND n.id = o.notification_id AND n.status IN ${LEAVING_OUTBOX}))`;

export const RESCHEDULE = `UPDATE outbox SET task = r.value->>'task', due_at = r.value->>'due_at',
    lane = iif(r.value->>'task' = 'deliver', lane, 2), lease_token = NULL, unresolved = r.value->>'unresolved'
  FROM json_each(?1) AS r
  WHERE outbox.service_id = r.value->>'service_id' AND outbox.notification_id = r.value->>'id'
    AND outbox.lease_token = r.value->>'token'
  RETURNING notification_id`;

/** The messages of a batch of attempt results whose receipts came before: they are stored and not applied. */
export const SELECT_UNMATCHED = `SELECT o.notification_id, o.lease_token FROM ${LEASED}
  WHERE EXISTS (SELECT 1 FROM receipts AS w INDEXED BY receipts_parked
    WHERE w.provider = r.value->>'provider' AND w.message_id = r.value->>'message_id'
      AND w.applied_by IS NULL)`;
