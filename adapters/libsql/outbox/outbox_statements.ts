/** The SQL of the outbox. A batch is one argument, a JSON array. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import { LEAVING_OUTBOX } from "../notifications/status_transition.ts";

/** The rows `r` of a batch (?1) whose lease is still valid, with their outbox rows `o`. */
export const LEASED =
  `json_each(?1) AS r CROSS JOIN outbox AS o ON o.service_id = r.value->>'service_id'
  AND o.notification_id = r.value->>'id' AND o.lease_token = r.value->>'token'`;

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

/** A row that can be decrypted again has lost its lane, and many such rows come together: they are sent as rows of jobs. */
export const RESCHEDULE = `UPDATE outbox SET task = r.value->>'task', due_at = r.value->>'due_at',
    lane = CASE
      WHEN r.value->>'task' <> 'deliver' THEN ${LANE.awaiting}
      WHEN r.value->>'undecryptable_since' IS NOT NULL THEN ${LANE.undecryptable}
      WHEN lane = ${LANE.undecryptable} THEN ${LANE.bulk}
      ELSE lane
    END,
    lease_token = NULL, unresolved = r.value->>'unresolved',
    undecryptable_since = r.value->>'undecryptable_since'
  FROM json_each(?1) AS r
  WHERE outbox.service_id = r.value->>'service_id' AND outbox.notification_id = r.value->>'id'
    AND outbox.lease_token = r.value->>'token'
  RETURNING notification_id`;

/** The messages of a batch of attempt results whose receipts came before: they are stored and not applied. */
export const SELECT_UNMATCHED = `SELECT o.notification_id, o.lease_token FROM ${LEASED}
  WHERE EXISTS (SELECT 1 FROM receipts AS w INDEXED BY receipts_parked
    WHERE w.provider = r.value->>'provider' AND w.message_id = r.value->>'message_id'
      AND w.applied_by IS NULL)`;
