/** What becomes of each of many, and what of it is kept for its idempotency key. */
import type { NotificationId } from "../../domain/ids.ts";
import { checkCharges, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { RecallOfMany } from "../../domain/ports/accept_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { IdempotentRequest } from "./idempotency.ts";

/** One that was accepted, now or before. */
export interface BatchItemResult {
  readonly id: NotificationId;
  /** What the surface presented when it was accepted. */
  readonly answer: string;
  /** It was accepted before, by the same idempotency key. */
  readonly replayed: boolean;
}

/** What became of one of many. */
export type Verdict = Result<BatchItemResult, Refusal>;

/** What is known before anything was asked. */
export const EMPTY_RECALL: RecallOfMany = { earlier: new Map(), counters: new Map() };

/** How long an id is at the beginning of what is kept. */
const ID_LENGTH = 36;

/** What is kept for an idempotency key: the id, and what the surface presents after it. */
export function answerToKeep(plan: Plan, present: (plan: Plan) => string): string {
  return `${plan.notification.id}${present(plan)}`;
}

/** The verdict on what has just been accepted. */
export function acceptedVerdict(plan: Plan, present: (plan: Plan) => string): Verdict {
  return ok({ id: plan.notification.id, answer: present(plan), replayed: false });
}

/** What was accepted before by a key, or that it stands for something else; `undefined` where it stands for nothing. */
export function findReplay(
  { earlier }: RecallOfMany,
  request: IdempotentRequest | undefined,
): Verdict | undefined {
  const found = request && earlier.get(request.keyHash);
  if (found === undefined) return undefined;
  if (found.requestHash !== request?.requestHash) return refuse({ kind: "idempotency-key-reused" });
  return ok({
    id: found.answer.slice(0, ID_LENGTH) as NotificationId,
    answer: found.answer.slice(ID_LENGTH),
    replayed: true,
  });
}

/** The limit that charges are over, by what the counters hold. */
export function limitExceeded(
  charges: readonly QuotaCharge[],
  values: ReadonlyMap<string, number>,
): Verdict | undefined {
  const over = checkCharges(charges, (scope) => values.get(scope) ?? 0);
  return over === undefined ? undefined : refuse(over);
}
