/** The result of each item of a batch, and the answer that is stored for its idempotency key. */
import type { NotificationId } from "../../domain/ids.ts";
import { checkCharges, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { RecallOfMany } from "../../domain/ports/accept_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { IdempotentRequest } from "./idempotency.ts";

/** An item that was accepted, now or before. */
export interface BatchItemResult {
  readonly id: NotificationId;
  /** The API's answer when it was accepted. */
  readonly answer: string;
  /** It was accepted before, by the same idempotency key. */
  readonly replayed: boolean;
}

/** The result of one item. */
export type BatchResult = Result<BatchItemResult, Refusal>;

/** The recall of no keys and no counters. */
export const EMPTY_RECALL: RecallOfMany = { earlier: new Map(), counters: new Map() };

/** The length of the id that a stored answer begins with. */
const ID_LENGTH = 36;

/** The text that is stored for an idempotency key: the notification's id, then the API's answer. */
export function toStoredAnswer(id: NotificationId, answer: string): string {
  return `${id}${answer}`;
}

/** The result of an item that has just been accepted. */
export function acceptedResult(id: NotificationId, answer: string): BatchResult {
  return ok({ id, answer, replayed: false });
}

/**
 * The replay of an item that was accepted before, or the refusal of a key that was used for another request; `undefined`
 * when the key was not used before.
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

/** The refusal of the first charge that exceeds its limit, by the values of the counters. */
export function limitExceeded(
  charges: readonly QuotaCharge[],
  values: ReadonlyMap<string, number>,
): Refusal | undefined {
  return checkCharges(charges, (scope) => values.get(scope) ?? 0);
}
