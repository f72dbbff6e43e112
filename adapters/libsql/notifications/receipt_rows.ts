/** Receipts as the statements of `receipt_statements.ts` read them. */
import type { EventFacts } from "../../../domain/notification/notification.ts";
import type { Receipt, ReceiptKind } from "../../../domain/delivery/receipt.ts";
import { OUTCOME_LETTERS, outcomeOfReceipt } from "../../../domain/delivery/outcomes.ts";
import { type Status, statusOfReceipt } from "../../../domain/notification/status.ts";
import { toStored, toStoredOrNull } from "../connection/row.ts";
import { eventText } from "./timeline.ts";

/** How many bytes of its hash mark a receipt in the timeline of its notification, which has few. */
const MARK_BYTES = 9;

/** A receipt that is to be applied at a time. */
export interface KnownReceipt {
  readonly provider: string;
  readonly message_id: string;
  readonly mark: string;
  readonly kind: ReceiptKind;
  readonly service_id: string | null;
  readonly notification_id: string | null;
  /** The number of the attempt; `null` when the provider did not return it. */
  readonly attempt: number | null;
  readonly at: number;
}

/** A receipt as the statements read it. */
export type ReceiptRow =
  & KnownReceipt
  & ({
    readonly status: Status;
    /** The letter of what the provider said of the attempt. */
    readonly outcome: string;
    /** The rest of the event of the change: its facts and the mark. */
    readonly change: string;
  } | {
    readonly status: null;
    /** The event of a receipt without a status. */
    readonly added: string;
  });

/** The mark of a receipt, by which a repetition is recognised: a part of the hash of its provider and dedupe key. */
async function receiptMark(provider: string, dedupeKey: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([provider, dedupeKey]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.subarray(0, MARK_BYTES).toBase64({ alphabet: "base64url" });
}

/** The row of a receipt, with the change or the event that it asks for. */
export function receiptRow(receipt: KnownReceipt, code: string | null): ReceiptRow {
  const status = statusOfReceipt(receipt.kind);
  const outcome = outcomeOfReceipt(receipt.kind);
  const details: EventFacts = { provider: receipt.provider, ...(code === null ? {} : { code }) };
  if (status === undefined || outcome === undefined) {
    const { at, kind, mark } = receipt;
    if (kind !== "complaint" && kind !== "unsubscribed") {
      throw new TypeError(`no event for ${kind}`);
    }
    return { ...receipt, status: null, added: eventText(at, kind, details, mark) };
  }
  const change = `${JSON.stringify({ status, ...details })},${JSON.stringify(receipt.mark)}`;
  return { ...receipt, status, outcome: OUTCOME_LETTERS[outcome], change };
}

/** The row of a receipt that has just arrived, as the statements store it. */
export async function newReceiptRow(receipt: Receipt, now: number) {
  const { provider, kind, ref, code = null, at = null } = receipt;
  const row: KnownReceipt = {
    provider,
    message_id: toStored(receipt.providerMessageId),
    mark: await receiptMark(provider, receipt.dedupeKey),
    kind,
    service_id: ref?.serviceId ?? null,
    notification_id: ref?.notificationId ?? null,
    attempt: receipt.attempt ?? null,
    at: now,
  };
  return { ...receiptRow(row, code), code: toStoredOrNull(code), reported_at: at };
}

/** Splits receipts, in their order, so that each part has one of a notification at most. */
export function oneOfEachNotification(
  rows: readonly ReceiptRow[],
): readonly (readonly ReceiptRow[])[] {
  const waves: ReceiptRow[][] = [];
  const counts = new Map<string, number>();
  for (const row of rows) {
    const name = `${row.service_id} ${row.notification_id}`;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    (waves[count] ??= []).push(row);
  }
  return waves;
}

/** Leaves out the receipts that are in a call, or in calls of one commit, more than once. */
export function withoutRepetitions<T extends KnownReceipt>(rows: readonly T[]): readonly T[] {
  const first = new Map<string, T>();
  for (const row of rows) {
    const name = `${row.mark} ${row.message_id}`;
    if (!first.has(name)) first.set(name, row);
  }
  return [...first.values()];
}
