/** Receipts as the statements of `receipt_statements.ts` read them. */
import type { EventFacts } from "../../../domain/notification/notification.ts";
import type { Receipt, ReceiptKind } from "../../../domain/delivery/receipt.ts";
import { OUTCOME_LETTERS, outcomeOfReceipt } from "../../../domain/delivery/outcomes.ts";
import { type Status, statusOfReceipt } from "../../../domain/notification/status.ts";
import { sha256 } from "../../crypto/sha256.ts";
import { toStored, toStoredOrNull } from "../connection/row.ts";
import { eventText } from "./timeline.ts";

/** How many bytes of its hash mark a receipt in the timeline of its notification, which has few. */
const MARK_BYTES = 9;

/**
 * A receipt (a provider's report about a message) that is to be applied at the time `at`, in epoch milliseconds.
 * `message_id` is the provider's id of the message as it is stored, and `mark` a part of a hash by which a repeated
 * receipt is recognised. `service_id` and `notification_id` are `null` when the provider did not return our
 * reference.
 */
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

/**
 * A receipt as the statements of `receipt_statements.ts` read it, with the change of status or the event that it asks
 * for.
 */
export type ReceiptRow =
  & KnownReceipt
  & ({
    readonly status: Status;
    /** What the provider said of the attempt: a letter of `OUTCOME_LETTERS`. */
    readonly outcome: string;
    /** The end of the JSON of the event that records the change: its facts and, after a comma, the mark. */
    readonly change: string;
  } | {
    readonly status: null;
    /** The event as JSON: a complaint or a request to unsubscribe changes no status. */
    readonly added: string;
  });

/** The mark of a receipt, by which a repetition is recognised: a part of the hash of its provider and dedupe key. */
async function receiptMark(provider: string, dedupeKey: string): Promise<string> {
  const hash = await sha256(JSON.stringify([provider, dedupeKey]));
  return hash.subarray(0, MARK_BYTES).toBase64({ alphabet: "base64url" });
}

/**
 * The row of a receipt, with the change of status or the event that it asks for.
 *
 * @param code the provider's code of a failure
 */
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

/**
 * The row of a receipt that has just arrived, with the columns that store it until its notification is known. `code`
 * and `reported_at` are `null` when the provider gave none.
 */
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

/**
 * Splits receipts so that each part has at most one of a notification: the first part has the first receipt of each,
 * the second the second, and so on. The parts are applied in this order. Receipts that name no notification count as
 * of one.
 */
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

/**
 * Leaves out the repetitions of receipts with the same mark and message; the first of each stays, in the order of
 * `rows`.
 */
export function withoutRepetitions<T extends KnownReceipt>(rows: readonly T[]): readonly T[] {
  const first = new Map<string, T>();
  for (const row of rows) {
    const name = `${row.mark} ${row.message_id}`;
    if (!first.has(name)) first.set(name, row);
  }
  return [...first.values()];
}
