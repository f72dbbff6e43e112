/** The SQL of receipts. A batch is one argument, a JSON array. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import { RECEIPT_WAIT_MS } from "../../../domain/delivery/retry.ts";

/**
 * The receipts of some messages (?1) that are not applied and whose notification exists, found by our reference or by
 * the provider's id. Selects all receipts of a message, so that one which a crash left between being stored and being
 * applied is applied with the next. Without `INDEXED BY` the planner would read every receipt of the provider.
 */
export const SELECT_APPLICABLE = `SELECT w.provider, w.dedupe_key, w.kind, w.code, n.service_id,
    n.id AS notification_id, coalesce(w.at, w.received_at) AS reported_at
  FROM json_each(?1) AS r
  CROSS JOIN receipts AS w INDEXED BY receipts_parked
    ON w.provider = r.value->>'provider' AND w.message_id = r.value->>'message_id'
  LEFT JOIN provider_messages AS m ON m.provider = w.provider AND m.message_id = w.message_id
  JOIN notifications AS n ON n.service_id = coalesce(w.service_id, m.service_id)
    AND n.id = coalesce(w.notification_id, m.notification_id)
  WHERE w.applied_by IS NULL
  GROUP BY w.provider, w.dedupe_key
  ORDER BY reported_at, w.received_at,
    min(iif(w.dedupe_key = r.value->>'dedupe_key', r.key, NULL))`;

/** The messages after one (?1) with receipts from before a time (?2) that are not applied, at most ?3. */
export const SELECT_UNAPPLIED = `SELECT DISTINCT provider, message_id
  FROM receipts INDEXED BY receipts_parked
  WHERE applied_by IS NULL AND received_at < ?2
    AND (provider, message_id) > (?1->>'provider', ?1->>'message_id')
  ORDER BY provider, message_id LIMIT ?3`;

/**
 * Stores receipts (?1) once each. Those whose notification is known are stored as applied, with their mark: the statements
 * that apply them follow in the same transaction. Of several for one notification only the first is, because a status moves
 * once in a statement; and none while an earlier receipt of the message is not applied.
 */
export const INSERT_RECEIPTS = `WITH r AS MATERIALIZED (SELECT key, value FROM json_each(?1))
  INSERT INTO receipts (provider, dedupe_key, message_id, service_id, notification_id, kind, code,
    at, received_at, applied_by)
  SELECT r.value->>'provider', r.value->>'dedupe_key', r.value->>'message_id',
    coalesce(r.value->>'service_id', m.service_id),
    coalesce(r.value->>'notification_id', m.notification_id), r.value->>'kind', r.value->>'code',
    r.value->>'reported_at', r.value->>'at',
    iif(n.id IS NOT NULL
      AND row_number() OVER (PARTITION BY n.service_id, n.id
        ORDER BY coalesce(r.value->>'reported_at', r.value->>'at'), r.value->>'at', r.key) = 1
      AND NOT EXISTS (SELECT 1 FROM receipts AS w INDEXED BY receipts_parked
        WHERE w.provider = r.value->>'provider' AND w.message_id = r.value->>'message_id'
          AND w.applied_by IS NULL),
      r.value->>'mark', NULL)
  FROM r
  LEFT JOIN provider_messages AS m ON m.provider = r.value->>'provider'
    AND m.message_id = r.value->>'message_id'
  LEFT JOIN notifications AS n ON n.service_id = coalesce(r.value->>'service_id', m.service_id)
    AND n.id = coalesce(r.value->>'notification_id', m.notification_id)
  WHERE true
  ON CONFLICT (provider, dedupe_key) DO NOTHING`;

/** Marks stored receipts of known notifications as applied; the statements that apply them follow in the same transaction. */
export const MARK_APPLIED = `UPDATE receipts SET applied_by = r.value->>'mark',
    service_id = r.value->>'service_id', notification_id = r.value->>'notification_id'
  FROM json_each(?1) AS r
  WHERE receipts.provider = r.value->>'provider' AND receipts.dedupe_key = r.value->>'dedupe_key'
    AND receipts.applied_by IS NULL`;

/**
 * The receipts `r` that this call has marked, and their rows `w`, which name the notification. Not a CROSS JOIN: that puts
 * the table of an UPDATE before `w`, and would scan it.
 */
const MARKED = `json_each(?1) AS r JOIN receipts AS w
  ON w.provider = r.value->>'provider' AND w.dedupe_key = r.value->>'dedupe_key'
  AND w.applied_by = r.value->>'mark'`;

/** The changes of status that the receipts ask for. */
export const STATUS_CHANGES = `SELECT w.service_id, w.notification_id,
    r.value->>'status' AS status, r.value->>'at' AS at, r.value->>'mark' AS event_id,
    r.value->'details' AS details
  FROM ${MARKED}`;

/** A receipt without a status has an event of its own name. */
export const INSERT_REPORT_EVENTS =
  `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT n.service_id, n.id, r.value->>'mark', r.value->>'at', r.value->>'kind',
    r.value->'details'
  FROM ${MARKED} CROSS JOIN notifications AS n
    ON n.service_id = w.service_id AND n.id = w.notification_id`;

export const RECORD_COMPLAINTS =
  `UPDATE notifications SET complained_at = coalesce(complained_at, r.at)
  FROM (${STATUS_CHANGES}) AS r
  WHERE notifications.service_id = r.service_id AND notifications.id = r.notification_id`;

/**
 * A provider that reports on a message has it. A row that was to be sent again, because the outcome of its attempt was
 * not known, now waits for the final receipt.
 */
export const AWAIT_RECEIPTS = `UPDATE outbox SET task = 'expire', lane = ${LANE.awaiting},
    due_at = r.at + ${RECEIPT_WAIT_MS}, unresolved = 0
  FROM (${STATUS_CHANGES}) AS r
  WHERE outbox.service_id = r.service_id AND outbox.notification_id = r.notification_id
    AND outbox.task = 'deliver' AND outbox.unresolved = 1 AND outbox.lease_token IS NULL`;
