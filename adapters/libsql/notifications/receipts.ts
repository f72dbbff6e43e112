import type { InStatement } from "@libsql/client";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { EventFacts } from "../../../domain/notification/notification.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ReceiptStore } from "../../../domain/ports/receipt_store.ts";
import { type Receipt, RECEIPT_KINDS, type ReceiptKind } from "../../../domain/delivery/receipt.ts";
import { STATUS_TABLE, statusOfReceipt } from "../../../domain/notification/status.ts";
import { RECEIPT_WAIT_MS } from "../../../domain/delivery/retry.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  leaveOutbox,
  recordIgnored,
  transition,
  type TransitionSource,
} from "./status_transition.ts";
import {
  oneOf,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
  toStoredOrNull,
} from "../connection/row.ts";

/** A receipt that is stored and not applied yet, with its notification. */
interface MatchedReceipt {
  readonly provider: string;
  readonly dedupeKey: string;
  readonly kind: ReceiptKind;
  readonly code: string | null;
  readonly serviceId: ServiceId;
  readonly notificationId: NotificationId;
}

/**
 * The receipts of some messages (?1) that are not applied and whose notification exists, found by our reference or by
 * the provider's id. Selects all receipts of a message, so that one which a crash left between being stored and being
 * applied is applied with the next. Without `INDEXED BY` the planner would read every receipt of the provider.
 */
const SELECT_APPLICABLE = `SELECT w.provider, w.dedupe_key, w.kind, w.code, n.service_id,
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

const MARK_APPLIED = `UPDATE receipts SET applied_by = r.value->>'mark'
  FROM json_each(?1) AS r
  WHERE receipts.provider = r.value->>'provider' AND receipts.dedupe_key = r.value->>'dedupe_key'
    AND receipts.applied_by IS NULL`;

/** The receipts that this call has marked, `r`. */
const MARKED = `json_each(?1) AS r CROSS JOIN receipts AS w
  ON w.provider = r.value->>'provider' AND w.dedupe_key = r.value->>'dedupe_key'
  AND w.applied_by = r.value->>'mark'`;

/** The change of status that the receipt asks for. */
const STATUS_CHANGE = `SELECT r.value->>'service_id' AS service_id,
    r.value->>'notification_id' AS notification_id, r.value->>'status' AS status,
    r.value->>'at' AS at, r.value->>'event_id' AS event_id, r.value->'details' AS details
  FROM ${MARKED}`;

/** A receipt without a status has an event of its own name. */
const INSERT_REPORT_EVENT = `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
  SELECT n.service_id, n.id, r.value->>'event_id', r.value->>'at', r.value->>'kind',
    r.value->'details'
  FROM ${MARKED} CROSS JOIN notifications AS n
    ON n.service_id = r.value->>'service_id' AND n.id = r.value->>'notification_id'`;

const RECORD_COMPLAINT =
  `UPDATE notifications SET complained_at = coalesce(complained_at, r.value->>'at')
  FROM ${MARKED}
  WHERE notifications.service_id = r.value->>'service_id'
    AND notifications.id = r.value->>'notification_id'`;

/**
 * A provider that reports on a message has it. A row that was to be sent again, because the outcome of its attempt was
 * not known, now waits for the final receipt.
 */
const AWAIT_RECEIPT = `UPDATE outbox SET task = 'expire', lane = 2,
    due_at = r.value->>'expires_at', unresolved = 0
  FROM ${MARKED}
  WHERE outbox.service_id = r.value->>'service_id'
    AND outbox.notification_id = r.value->>'notification_id'
    AND outbox.task = 'deliver' AND outbox.unresolved = 1 AND outbox.lease_token IS NULL`;

/** Creates the store of delivery receipts. A receipt is stored first and then applied, so that a crash loses none. */
export function createReceiptStore(db: Database, clock: Clock): ReceiptStore {
  async function apply(rows: readonly Row[], now: number): Promise<void> {
    for (const row of rows) {
      const receipt: MatchedReceipt = {
        provider: text(row, "provider"),
        dedupeKey: text(row, "dedupe_key"),
        kind: oneOf(row, "kind", RECEIPT_KINDS),
        code: storedTextOrNull(row, "code"),
        serviceId: text(row, "service_id") as ServiceId,
        notificationId: text(row, "notification_id") as NotificationId,
      };
      await db.write(applyStatements(receipt, clock, now));
    }
  }

  return {
    async receive(receipts, now) {
      if (receipts.length === 0) return;
      const results = await db.write([
        {
          sql: `INSERT INTO receipts (provider, dedupe_key, message_id, service_id,
              notification_id, kind, code, at, received_at)
            SELECT r.value->>'provider', r.value->>'dedupe_key', r.value->>'message_id',
              r.value->>'service_id', r.value->>'notification_id', r.value->>'kind',
              r.value->>'code', r.value->>'at', ?2
            FROM json_each(?1) AS r WHERE true
            ON CONFLICT (provider, dedupe_key) DO NOTHING`,
          args: [JSON.stringify(receipts.map(receiptRow)), now],
        },
        {
          sql: SELECT_APPLICABLE,
          args: [JSON.stringify(receipts.map(receiptRow))],
        },
      ]);
      await apply(rowsOf(results, 1), now);
    },
    async applyUnmatched(provider, providerMessageIds, now) {
      const messages = providerMessageIds.map((id) => ({ provider, message_id: toStored(id) }));
      const results = await db.read([{ sql: SELECT_APPLICABLE, args: [JSON.stringify(messages)] }]);
      await apply(rowsOf(results, 0), now);
    },
    async sweep(before, limit, now) {
      const unapplied = await db.read([{
        sql: `SELECT DISTINCT provider, message_id FROM receipts INDEXED BY receipts_parked
          WHERE applied_by IS NULL AND received_at < ? ORDER BY provider, message_id LIMIT ?`,
        args: [before, limit],
      }]);
      const messages = rowsOf(unapplied, 0).map((row) => ({
        provider: text(row, "provider"),
        message_id: text(row, "message_id"),
      }));
      if (messages.length === 0) return;
      const results = await db.read([{ sql: SELECT_APPLICABLE, args: [JSON.stringify(messages)] }]);
      await apply(rowsOf(results, 0), now);
    },
  };
}

function receiptRow(receipt: Receipt): Readonly<Record<string, unknown>> {
  return {
    provider: receipt.provider,
    dedupe_key: toStored(receipt.dedupeKey),
    message_id: toStored(receipt.providerMessageId),
    service_id: receipt.ref?.serviceId ?? null,
    notification_id: receipt.ref?.notificationId ?? null,
    kind: receipt.kind,
    code: toStoredOrNull(receipt.code ?? null),
    at: receipt.at ?? null,
  };
}

/** A receipt that this process is applying, as the statements below read it. */
type AppliedRow = Readonly<Record<string, string | number | null | EventFacts>>;

/**
 * Applies a receipt all or not at all, and once: the first statement marks it as this call's, and the others find it
 * by that mark.
 */
function applyStatements(
  { provider, dedupeKey, kind, code, serviceId, notificationId }: MatchedReceipt,
  clock: Clock,
  now: number,
): readonly InStatement[] {
  const status = statusOfReceipt(kind);
  const details: EventFacts = { provider, ...(code === null ? {} : { code }) };
  const row: AppliedRow = {
    mark: clock.newId(),
    provider,
    dedupe_key: dedupeKey,
    kind,
    service_id: serviceId,
    notification_id: notificationId,
    status: status ?? null,
    at: now,
    event_id: clock.newNotificationId(),
    details,
    expires_at: now + RECEIPT_WAIT_MS,
  };
  const args = [JSON.stringify([row])];
  const statement = (sql: string): InStatement => ({ sql, args });
  const mark = statement(MARK_APPLIED);
  if (status === undefined) {
    const event = statement(INSERT_REPORT_EVENT);
    return kind === "complaint" ? [mark, event, statement(RECORD_COMPLAINT)] : [mark, event];
  }
  const source: TransitionSource = { sql: STATUS_CHANGE, args };
  return [
    mark,
    recordIgnored(source, "receipt-ignored"),
    ...transition(source),
    ...(STATUS_TABLE[status].leavesOutbox ? [] : [statement(AWAIT_RECEIPT)]),
    // A row that a worker is attempting stays: the result of the attempt still has to record who took the message.
    leaveOutbox(source, "unleased"),
  ];
}
