/** The SQL of receipts. A batch is one argument, a JSON array. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import { RECEIPT_WAIT_MS } from "../../../domain/delivery/retry.ts";
import { jsonId } from "../connection/json_ids.ts";
import { LEAVING_OUTBOX } from "./status_transition.ts";

/**
 * The rowid of the notification that a receipt `r` reports on: the one of our own reference, else the one of the
 * provider's id, the first if several have it. When another notification has the message, because it adopted it after an
 * attempt of unknown outcome (equal messages cannot be told apart), the receipt is that one's.
 */
function foundBy(
  r: {
    readonly serviceId: string;
    readonly id: string;
    readonly provider: string;
    readonly messageId: string;
  },
): string {
  const referred = `SELECT o.rowid FROM notifications AS o
        WHERE o.service_id = ${r.serviceId} AND o.id = ${r.id}`;
  return `coalesce(
      (${referred} AND o.provider_message_id = ${r.messageId}),
      (SELECT p.rowid FROM notifications AS p INDEXED BY notifications_of_provider
        WHERE p.provider = ${r.provider} AND p.provider_message_id = ${r.messageId}
          AND p.provider_message_id IS NOT NULL
        ORDER BY p.rowid LIMIT 1),
      (${referred}))`;
}

/** The rowid of the notification of a receipt, of which `value` is the JSON; `NULL` for none. */
const FOUND = foundBy({
  serviceId: jsonId("value", "service_id"),
  id: jsonId("value", "notification_id"),
  provider: "value->>'provider'",
  messageId: "value->>'message_id'",
});

/** The receipts of a batch (?1) as `r`, each with the rowid `found` of its notification, or `NULL`. */
const RECEIPTS = `r AS MATERIALIZED (
    SELECT key, value, value->>'provider' AS provider, value->>'message_id' AS message_id,
      value->>'mark' AS mark, value->>'at' AS at, ${FOUND} AS found
    FROM json_each(?1))`;

/** Whether the timeline of the notification `n` has the event of the receipt `r`. */
const IS_APPLIED = `instr(n.events, '"' || r.mark || '"') > 0`;

/**
 * The stored receipts of some messages (?1) that are not applied and whose notification exists. Selects all receipts
 * of a message, so that one which a crash left between being stored and being applied is applied with the next.
 */
export const SELECT_APPLICABLE =
  `SELECT w.provider, w.message_id, w.mark, w.kind, w.code, w.attempt,
    n.service_id, n.id AS notification_id, coalesce(w.at, w.received_at) AS reported_at
  FROM json_each(?1) AS r
  CROSS JOIN receipts AS w
    ON w.provider = r.value->>'provider' AND w.message_id = r.value->>'message_id'
  CROSS JOIN notifications AS n ON n.rowid = ${
    foundBy({
      serviceId: "w.service_id",
      id: "w.notification_id",
      provider: "w.provider",
      messageId: "w.message_id",
    })
  }
  GROUP BY w.provider, w.message_id, w.mark
  ORDER BY reported_at, w.received_at, min(iif(w.mark = r.value->>'mark', r.key, NULL))`;

/**
 * The messages with stored receipts, which wait to be applied, from before a time (?2), in order after a message
 * (?1), at most ?3.
 */
export const SELECT_UNAPPLIED = `SELECT DISTINCT provider, message_id FROM receipts
  WHERE received_at < ?2 AND (provider, message_id) > (?1->>'provider', ?1->>'message_id')
  ORDER BY provider, message_id LIMIT ?3`;

/** The stored receipts of a provider's (?1) message (?2), the first stored first, at most ?3. */
export const SELECT_OF_MESSAGE = `SELECT kind, received_at FROM receipts
  WHERE provider = ?1 AND message_id = ?2 ORDER BY received_at LIMIT ?3`;

/**
 * Stores the receipts (?1) that cannot be applied now: their notification is not known, or an earlier receipt of it is to
 * be applied before them. Of several for one notification only the first is applied, because a status moves once in a
 * statement. The statements that apply the others follow in the same transaction.
 */
export const INSERT_RECEIPTS = `WITH ${RECEIPTS},
  placed AS (SELECT r.*, row_number() OVER (PARTITION BY found
      ORDER BY coalesce(value->>'reported_at', at), at, key) AS place FROM r)
  INSERT INTO receipts (provider, message_id, mark, service_id, notification_id, kind, code, attempt,
    at, received_at)
  SELECT r.provider, r.message_id, r.mark, ${jsonId("r.value", "service_id")},
    ${jsonId("r.value", "notification_id")}, r.value->>'kind', r.value->>'code',
    r.value->>'attempt', cast(r.value->>'reported_at' AS INTEGER), r.at
  FROM placed AS r LEFT JOIN notifications AS n ON n.rowid = r.found
  WHERE n.id IS NULL OR (NOT ${IS_APPLIED} AND (r.place > 1 OR EXISTS (
    SELECT 1 FROM receipts AS w WHERE w.provider = r.provider AND w.message_id = r.message_id)))
  ON CONFLICT (provider, message_id, mark) DO NOTHING`;

/** Deletes stored receipts; the statements that apply them follow in the same transaction. */
export const DELETE_STORED = `DELETE FROM receipts WHERE (provider, message_id, mark) IN (
    SELECT value->>'provider', value->>'message_id', value->>'mark' FROM json_each(?1))`;

/** The receipts `r` of a batch (?1) that are to be applied, with their notifications `n`. */
const APPLICABLE = `r CROSS JOIN notifications AS n ON n.rowid = r.found AND NOT ${IS_APPLIED}
  WHERE NOT EXISTS (SELECT 1 FROM receipts AS w
    WHERE w.provider = r.provider AND w.message_id = r.message_id AND w.mark = r.mark)`;

/** The number of the newest attempt of the notification `n`, at least 1. */
const NEWEST = `max(length(coalesce(n.outcomes, '')) - 1, 1,
    coalesce((SELECT o.attempts FROM outbox AS o
      WHERE o.service_id = n.service_id AND o.notification_id = n.id), 0))`;

/**
 * The number of the attempt that a receipt `r` is about: that of the recorded id of the message, else the one that the
 * provider returned. Otherwise it is of an earlier attempt, whose answer was lost; 0 when that may be one of several.
 */
const ATTEMPT = `CASE
    WHEN n.provider_message_id = r.message_id AND n.provider = r.provider
      THEN coalesce(n.accepted_attempt, ${NEWEST})
    WHEN r.value->>'attempt' = 1 OR r.value->>'attempt' BETWEEN 2 AND ${NEWEST}
      THEN r.value->>'attempt'
    ELSE iif(${NEWEST} > 1, 0, 1) END`;
/** The code of the event that {@link STATUS_CHANGES} adds when a notification has a second message. */
const LATE_RECEIPT = "late-receipt";

/**
 * The event of a receipt `r` about another message than the one that the notification `n` has: an attempt that counted as
 * not sent has sent it after all, so the message that was sent instead is a second copy. Recorded once.
 */
const LATE_EVENT = `CASE WHEN n.provider_message_id IS NOT NULL
      AND n.provider_message_id <> r.message_id AND instr(n.events, '"${LATE_RECEIPT}"') = 0
    THEN json_array(cast(r.at AS INTEGER), 'attempt-ended', json_object('provider', r.provider,
      'outcome', 'accepted', 'code', '${LATE_RECEIPT}', 'possible_duplicate', json('true'))) END`;

/** The changes of status that the receipts (?1) ask for, as a `TransitionSource` with `outcome` and `attempt`. */
export const STATUS_CHANGES = `WITH ${RECEIPTS}
  SELECT n.service_id, n.id AS notification_id, r.value->>'status' AS status, r.at,
    r.value->>'change' AS change, ${LATE_EVENT} AS added, r.value->>'outcome' AS outcome,
    ${ATTEMPT} AS attempt
  FROM ${APPLICABLE}`;

/**
 * Deletes the outbox rows of those notifications of the receipts (?1) whose status needs no further work, and returns
 * `unresolved` of each: whether the outcome of an attempt was unknown. A row that a worker is attempting stays: the
 * result of the attempt still has to record who took the message. Runs after the receipts were applied.
 */
export const LEAVE_OUTBOX = `DELETE FROM outbox WHERE (service_id, notification_id) IN (
    WITH r AS MATERIALIZED (SELECT ${FOUND} AS found FROM json_each(?1))
    SELECT n.service_id, n.id
    FROM r CROSS JOIN notifications AS n ON n.rowid = r.found WHERE n.status IN ${LEAVING_OUTBOX})
  AND lease_token IS NULL
  RETURNING unresolved`;

/**
 * Selects the events of the receipts (?1) without a status (complaints and requests to unsubscribe), for
 * `appendEvents`.
 */
export const REPORTS = `WITH ${RECEIPTS}
  SELECT n.service_id, n.id AS notification_id, r.value->>'added' AS added FROM ${APPLICABLE}`;

/**
 * Records in the notifications when the recipient complained; the first of several complaints counts. Must run before
 * the events of {@link REPORTS} are appended, since a receipt whose event is there is not applied again.
 */
export const RECORD_COMPLAINTS = `WITH ${RECEIPTS},
  c AS MATERIALIZED (SELECT n.rowid AS found, r.at FROM ${APPLICABLE})
  UPDATE notifications SET complained_at = coalesce(complained_at, c.at)
  FROM c WHERE notifications.rowid = c.found`;

/**
 * Makes outbox rows wait for the final receipt that were to be sent again because the outcome of their attempt was
 * unknown: a provider that reports on a message has it. Returns a row for each. A row that a worker has leased stays.
 * Runs after the receipts were applied.
 */
export const AWAIT_RECEIPTS = `WITH ${RECEIPTS},
  c AS MATERIALIZED (SELECT n.service_id, n.id, r.at
    FROM r CROSS JOIN notifications AS n ON n.rowid = r.found AND ${IS_APPLIED})
  UPDATE outbox SET task = 'expire', lane = ${LANE.awaiting},
    due_at = c.at + ${RECEIPT_WAIT_MS}, unresolved = 0
  FROM c WHERE outbox.service_id = c.service_id AND outbox.notification_id = c.id
    AND outbox.task = 'deliver' AND outbox.unresolved = 1 AND outbox.lease_token IS NULL
  RETURNING 1 AS unresolved`;

/**
 * Records the provider's id of a message whose attempt had no answer: a receipt with our reference has that id. So
 * the message is not taken for that of another notification. Nothing is recorded when the notification has an id
 * already, or another notification has this one. Runs after receipts that resolved such attempts.
 */
export const RECORD_MESSAGES = `UPDATE notifications SET provider = r.value->>'provider',
    provider_message_id = r.value->>'message_id'
  FROM json_each(?1) AS r
  WHERE notifications.service_id = ${jsonId("r.value", "service_id")}
    AND notifications.id = ${jsonId("r.value", "notification_id")}
    AND notifications.provider_message_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM notifications AS p INDEXED BY notifications_of_provider
      WHERE p.provider = r.value->>'provider' AND p.provider_message_id = r.value->>'message_id'
        AND p.provider_message_id IS NOT NULL)`;
