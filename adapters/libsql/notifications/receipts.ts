import type { InStatement } from "@libsql/client";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { EventFacts } from "../../../domain/notification/notification.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { ReceiptStore } from "../../../domain/ports/receipt_store.ts";
import { type Receipt, RECEIPT_KINDS, type ReceiptKind } from "../../../domain/delivery/receipt.ts";
import {
  COMPLETED_STATUSES,
  FINAL_STATUSES,
  isFinal,
  movesInto,
  RECEIPT_STATUS,
  type Status,
} from "../../../domain/notification/status.ts";
import { RECEIPT_WAIT_MS } from "../../../domain/delivery/retry.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  oneOf,
  rowsOf,
  storedTextOrNull,
  text,
  toStored,
  toStoredOrNull,
} from "../connection/row.ts";

/** A receipt that waits, with the notification it turned out to be about. */
interface WaitingReceipt {
  readonly provider: string;
  readonly dedupeKey: string;
  readonly kind: ReceiptKind;
  readonly code: string | null;
  readonly serviceId: ServiceId;
  readonly notificationId: NotificationId;
}

/**
 * Receipts of some messages that nobody has applied and whose notification is there, by our reference or the
 * provider's id. All of a message's are looked for whenever one comes, so that one which was left behind (we stopped
 * between keeping and applying) goes with the next. The planner would read every receipt of the provider.
 */
const SELECT_WAITING = `SELECT w.provider, w.dedupe_key, w.kind, w.code, n.service_id,
    n.id AS notification_id, coalesce(w.at, w.received_at) AS told_at
  FROM json_each(?1) AS r
  CROSS JOIN receipts AS w INDEXED BY receipts_parked
    ON w.provider = r.value->>'provider' AND w.message_id = r.value->>'message_id'
  LEFT JOIN provider_messages AS m ON m.provider = w.provider AND m.message_id = w.message_id
  JOIN notifications AS n ON n.service_id = coalesce(w.service_id, m.service_id)
    AND n.id = coalesce(w.notification_id, m.notification_id)
  WHERE w.applied_by IS NULL
  GROUP BY w.provider, w.dedupe_key
  ORDER BY told_at, w.received_at,
    min(iif(w.dedupe_key = r.value->>'dedupe_key', r.key, NULL))`;

const FINAL = FINAL_STATUSES.map((status) => `'${status}'`).join(", ");

/** Makes the way in of receipts: first kept, then applied, so that none is lost between the two. */
export function createReceiptStore(db: Database, clock: Clock): ReceiptStore {
  async function apply(rows: readonly Row[], now: number): Promise<void> {
    for (const row of rows) {
      const waiting: WaitingReceipt = {
        provider: text(row, "provider"),
        dedupeKey: text(row, "dedupe_key"),
        kind: oneOf(row, "kind", RECEIPT_KINDS),
        code: storedTextOrNull(row, "code"),
        serviceId: text(row, "service_id") as ServiceId,
        notificationId: text(row, "notification_id") as NotificationId,
      };
      await db.write(applyStatements(waiting, clock, now));
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
          sql: SELECT_WAITING,
          args: [JSON.stringify(receipts.map(receiptRow))],
        },
      ]);
      await apply(rowsOf(results, 1), now);
    },
    async applyUnmatched(provider, providerMessageIds, now) {
      const messages = providerMessageIds.map((id) => ({ provider, message_id: toStored(id) }));
      const results = await db.read([{ sql: SELECT_WAITING, args: [JSON.stringify(messages)] }]);
      await apply(rowsOf(results, 0), now);
    },
    async sweep(before, limit, now) {
      const left = await db.read([{
        sql: `SELECT DISTINCT provider, message_id FROM receipts INDEXED BY receipts_parked
          WHERE applied_by IS NULL AND received_at < ? ORDER BY provider, message_id LIMIT ?`,
        args: [before, limit],
      }]);
      const messages = rowsOf(left, 0).map((row) => ({
        provider: text(row, "provider"),
        message_id: text(row, "message_id"),
      }));
      if (messages.length === 0) return;
      const results = await db.read([{ sql: SELECT_WAITING, args: [JSON.stringify(messages)] }]);
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

/** All or nothing, and once: the first statement marks the receipt as ours, the others ask for that mark. */
function applyStatements(
  waiting: WaitingReceipt,
  clock: Clock,
  now: number,
): readonly InStatement[] {
  const { provider, dedupeKey, kind, code, serviceId, notificationId } = waiting;
  const mark = clock.newId();
  const ours = "EXISTS (SELECT 1 FROM receipts WHERE provider = ? AND dedupe_key = ? " +
    "AND applied_by = ?)";
  const oursArgs = [provider, dedupeKey, mark];
  const target = [serviceId, notificationId];
  const take: InStatement = {
    sql: `UPDATE receipts SET applied_by = ?
      WHERE provider = ? AND dedupe_key = ? AND applied_by IS NULL`,
    args: [mark, provider, dedupeKey],
  };
  const status: Status | undefined = RECEIPT_STATUS[kind];
  const facts: EventFacts = {
    ...(status === undefined ? {} : { status }),
    provider,
    ...(code === null ? {} : { code }),
  };
  // Where the receipt asks for no status, the event has the receipt's own name.
  const from = JSON.stringify(status === undefined ? [] : movesInto(status));
  const event: InStatement = {
    sql: `INSERT INTO events (service_id, notification_id, id, at, kind, facts)
      SELECT service_id, id, ?, ?, CASE WHEN ? THEN ?
          WHEN status IN (SELECT value FROM json_each(?)) THEN 'status-changed'
          ELSE 'receipt-ignored' END, ?
      FROM notifications WHERE service_id = ? AND id = ? AND ${ours}`,
    args: [
      clock.newNotificationId(),
      now,
      status === undefined,
      kind,
      from,
      JSON.stringify(facts),
      ...target,
      ...oursArgs,
    ],
  };
  if (status === undefined) {
    const note: InStatement = {
      sql: `UPDATE notifications SET complained_at = coalesce(complained_at, ?)
        WHERE service_id = ? AND id = ? AND ${ours}`,
      args: [now, ...target, ...oursArgs],
    };
    return kind === "complaint" ? [take, event, note] : [take, event];
  }
  return [
    take,
    event,
    {
      sql: `UPDATE notifications SET status = ?, status_at = ?,
          completed_at = CASE WHEN ? THEN ? ELSE completed_at END
        WHERE service_id = ? AND id = ? AND ${ours}
          AND status IN (SELECT value FROM json_each(?))`,
      args: [
        status,
        now,
        COMPLETED_STATUSES.includes(status),
        now,
        ...target,
        ...oursArgs,
        from,
      ],
    },
    ...(isFinal(status) ? [] : [handedOver(target, ours, oursArgs, now)]),
    {
      // A row under way is left to its settlement, which must still write down who took the message.
      sql: `DELETE FROM outbox WHERE service_id = ? AND notification_id = ?
        AND lease_token IS NULL AND ${ours} AND EXISTS (
          SELECT 1 FROM notifications AS n WHERE n.service_id = outbox.service_id
            AND n.id = outbox.notification_id AND n.status IN (${FINAL}))`,
      args: [...target, ...oursArgs],
    },
  ];
}

/** A provider that reports on a message has it: what was to be sent again, not knowing that, waits for its end instead. */
function handedOver(
  target: readonly string[],
  ours: string,
  oursArgs: readonly string[],
  now: number,
): InStatement {
  return {
    sql: `UPDATE outbox SET task = 'expire', lane = 2, due_at = ?, unresolved = 0
      WHERE service_id = ? AND notification_id = ? AND task = 'deliver' AND unresolved = 1
        AND lease_token IS NULL AND ${ours}`,
    args: [now + RECEIPT_WAIT_MS, ...target, ...oursArgs],
  };
}
