/** The SQL of the outbox. A batch is one argument, a JSON array. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import { RECEIPT_WAIT_MS } from "../../../domain/delivery/retry.ts";
import { jsonId } from "../connection/json_ids.ts";
import { listOf } from "../notifications/outcome_sql.ts";
import { LEAVING_OUTBOX, UNSENT_STATUSES } from "../notifications/status_transition.ts";

/** The outbox row of a row `r` of a batch, under its lease. */
const IS_LEASED = `outbox.service_id = ${jsonId("r.value", "service_id")}
    AND outbox.notification_id = ${jsonId("r.value", "id")}
    AND outbox.lease_token = r.value->>'token'`;

/**
 * Whether a row `r` of a batch may be written. Of one that adopts a message, no other notification may have the message.
 * It stays true while the batch is written: the row's own notification does not count.
 */
const MAY_ADOPT = `(r.value->>'adopts' IS NULL OR NOT EXISTS (
    SELECT 1 FROM notifications AS p INDEXED BY notifications_of_provider
    WHERE p.provider = r.value->>'provider' AND p.provider_message_id = r.value->>'message_id'
      AND p.provider_message_id IS NOT NULL
      AND NOT (p.service_id = ${jsonId("r.value", "service_id")}
        AND p.id = ${jsonId("r.value", "id")})))`;

/** Selects those of a provider's (?1) ids of messages (?2, as JSON) that any notification has. */
export const SELECT_RECORDED = `SELECT DISTINCT p.provider_message_id AS message_id
  FROM json_each(?2) AS r
  CROSS JOIN notifications AS p INDEXED BY notifications_of_provider
    ON p.provider = ?1 AND p.provider_message_id = r.value AND p.provider_message_id IS NOT NULL`;

/** The rows `r` of a batch (?1) whose lease is still valid, with their outbox rows `o`. */
const LEASED = `json_each(?1) AS r CROSS JOIN outbox AS o
  ON o.service_id = ${jsonId("r.value", "service_id")}
  AND o.notification_id = ${jsonId("r.value", "id")} AND o.lease_token = r.value->>'token'
    AND ${MAY_ADOPT}`;

/**
 * Starts attempts (calls of a provider for a message) of rows whose lease is still valid: counts them, and marks
 * their outcome as unknown. Their events wait in the outbox row until the attempt has a result, so that the
 * notification's row is written once for both.
 */
export const START_ATTEMPTS = `UPDATE outbox SET attempts = attempts + 1, unresolved = 1,
    due_at = r.value->>'lease_until',
    unknown = iif(r.value->>'resolved_by' IS NULL, unknown, NULL),
    starts = concat_ws(',', starts, r.value->>'resolved_by', '[' || (r.value->>'at') || ',"attempt-started",'
      || json_set(r.value->'facts', '$.attempt', attempts + 1) || ']')
  FROM json_each(?1) AS r
  WHERE ${IS_LEASED} AND outbox.task = 'deliver'
    AND EXISTS (SELECT 1 FROM notifications AS n WHERE n.service_id = outbox.service_id
      AND n.id = outbox.notification_id AND n.status NOT IN ${LEAVING_OUTBOX})
  RETURNING notification_id, lease_token, attempts`;

/**
 * The rows of a batch of attempt results whose worker still has the lease, and `has_unmatched`: whether receipts of
 * the message came before the result, which are stored and not applied yet.
 */
export const SELECT_LEASED = `SELECT o.notification_id, o.lease_token, EXISTS (
    SELECT 1 FROM receipts AS w WHERE w.provider = r.value->>'provider'
      AND w.message_id = r.value->>'message_id') AS has_unmatched
  FROM ${LEASED}`;

/**
 * What a batch of attempt results changes of the notifications whose lease is still valid, as a `TransitionSource`,
 * with the events of starts before those of results.
 */
export const RESULTS = `SELECT o.service_id, o.notification_id, r.value->>'status' AS status,
    r.value->>'at' AS at, r.value->>'change' AS change,
    concat_ws(',', o.starts, nullif(r.value->>'added', '')) AS added,
    r.value->>'outcome' AS outcome, coalesce(r.value->>'attempt', o.attempts) AS attempt,
    r.value->>'provider' AS provider, r.value->>'message_id' AS message_id
  FROM ${LEASED}`;

/**
 * Makes rows wait for the final receipt that were to end as not sent, while a receipt has said that a provider has the
 * message: its status does not move then, and without its row it would never end. Runs after the status has changed, and
 * before {@link DELETE_DONE}.
 */
export const AWAIT_REPORTED = `UPDATE outbox SET task = 'expire', lane = ${LANE.awaiting},
    due_at = cast(r.value->>'at' AS INTEGER) + ${RECEIPT_WAIT_MS}, lease_token = NULL,
    unresolved = 0, starts = NULL, undecryptable_since = NULL, unknown = NULL
  FROM json_each(?1) AS r
  WHERE ${IS_LEASED} AND r.value->>'next' = 'done' AND r.value->>'status' IN ${
  listOf(UNSENT_STATUSES)
}
    AND EXISTS (SELECT 1 FROM notifications AS n WHERE n.service_id = outbox.service_id
      AND n.id = outbox.notification_id AND n.completed_at IS NULL)`;

/** Deletes the rows that need no further work by their result, or by a receipt that has arrived meanwhile. */
export const DELETE_DONE = `DELETE FROM outbox WHERE (service_id, notification_id, lease_token) IN (
    SELECT ${jsonId("r.value", "service_id")}, ${jsonId("r.value", "id")}, r.value->>'token'
    FROM json_each(?1) AS r
    WHERE ${MAY_ADOPT} AND (r.value->>'next' = 'done' OR EXISTS (SELECT 1 FROM notifications AS n
      WHERE n.service_id = ${jsonId("r.value", "service_id")}
        AND n.id = ${jsonId("r.value", "id")} AND n.status IN ${LEAVING_OUTBOX})))`;

/**
 * Ends the leases of rows that need further work, and sets their task, due time and lane (priority). A row that can
 * be decrypted again has lost its lane, and many such rows come together: they are sent with the priority of rows of
 * jobs.
 */
export const RESCHEDULE =
  `UPDATE outbox SET task = r.value->>'task', due_at = cast(r.value->>'due_at' AS INTEGER),
    lane = CASE
      WHEN r.value->>'task' <> 'deliver' THEN ${LANE.awaiting}
      WHEN r.value->>'undecryptable_since' IS NOT NULL THEN ${LANE.undecryptable}
      WHEN lane = ${LANE.undecryptable} THEN ${LANE.bulk}
      ELSE lane
    END,
    lease_token = NULL, unresolved = r.value->>'unresolved', starts = NULL,
    undecryptable_since = r.value->>'undecryptable_since',
    unknown = iif(r.value->>'unresolved' = 0, NULL, coalesce(r.value->>'unknown', unknown))
  FROM json_each(?1) AS r
  WHERE ${IS_LEASED} AND ${MAY_ADOPT}
  RETURNING notification_id`;
