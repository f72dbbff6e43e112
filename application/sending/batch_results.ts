/** The result of each item of a batch, and the answer that is stored for its idempotency key. */
import type { NotificationId } from "../../domain/ids.ts";
import { checkCharges, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { RecallOfMany } from "../../domain/ports/accept_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { IdempotentRequest } from "./idempotency.ts";

/** An item of a batch that was accepted, by this request or by an earlier one with the same idempotency key. */
export interface BatchItemResult {
  readonly id: NotificationId;
  /** The API's answer from when the item was accepted, as JSON text; empty when the caller of the batch needs none. */
  readonly answer: string;
  /** Whether an earlier request with the same idempotency key was accepted, and this one wrote nothing. */
  readonly replayed: boolean;
}

/** The result of one item of a batch: it was accepted, or why it was refused. */
export type BatchResult = Result<BatchItemResult, Refusal>;

/** What the store returns for no idempotency keys and no counters. */
export const EMPTY_RECALL: RecallOfMany = { earlier: new Map(), counters: new Map() };

/** The length of the id that a stored answer begins with. */
const ID_LENGTH = 36;

/**
 * Returns the text to store for an item's idempotency key: the notification's id (36 characters), then the API's
 * answer.
 */
export function toStoredAnswer(id: NotificationId, answer: string): string {
  return `${id}${answer}`;
}

/** Returns the result of an item that has just been accepted. */
export function acceptedResult(id: NotificationId, answer: string): BatchResult {
  return ok({ id, answer, replayed: false });
}

/**
 * Returns the result of an item whose idempotency key was used before: the earlier result, or a refusal when that
 * request was another one. `undefined` when the item has no key, or the key was not used before.
 *
 * @param recall the stored answers, which must have been read for the item's key
 */
export function findReplayedItem(
  { earlier }: RecallOfMany,
  request: IdempotentRequest | undefined,
): BatchResult | undefined {
  const stored = request && earlier.get(request.keyHash);
  if (stored === undefined) return undefined;
  if (stored.requestHash !== request?.requestHash) {
    return refuse({ kind: "idempotency-key-reused" });
  }
  return ok({
    id: stored.answer.slice(0, ID_LENGTH) as NotificationId,
    answer: stored.answer.slice(ID_LENGTH),
    replayed: true,
  });
}

/**
 * Returns the refusal for the first charge that would exceed its limit, or `undefined` when none does.
 *
 * @param values the counters' values by the charges' `scope`; an absent one is 0
 */
export function limitExceeded(
  charges: readonly QuotaCharge[],
  values: ReadonlyMap<string, number>,
): Refusal | undefined {
  return checkCharges(charges, (scope) => values.get(scope) ?? 0);
}
