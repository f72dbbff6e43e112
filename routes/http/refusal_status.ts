import type { Refusal } from "../../domain/sending/refusal.ts";

/** The statuses of refusals to send. */
export type RefusalStatus = 400 | 403 | 409 | 422 | 429 | 503;

/** The HTTP status of a refusal, and the value of `Retry-After` when a retry can succeed. */
export interface RefusalOutcome {
  readonly status: RefusalStatus;
  readonly retryAfterS?: number;
}

/** The status of each kind of refusal that is not a 400. */
const STATUSES: Readonly<Partial<Record<Refusal["kind"], RefusalStatus>>> = {
  "service-archived": 403,
  "idempotency-in-flight": 409,
  "idempotency-key-reused": 422,
  "rate-limited": 429,
  "daily-limit": 429,
  "unjudged": 503,
};

/** The HTTP status of a refusal to send; it is the same in every API that reports such a refusal by status. */
export function refusalStatus(refusal: Refusal): RefusalOutcome {
  const status = STATUSES[refusal.kind] ?? 400;
  const retryAfterS = retryAfter(refusal);
  return retryAfterS === undefined ? { status } : { status, retryAfterS };
}

function retryAfter(refusal: Refusal): number | undefined {
  switch (refusal.kind) {
    case "rate-limited":
    case "daily-limit":
      return refusal.retryAfterS;
    case "idempotency-in-flight":
    case "unjudged":
      return 1;
    default:
      return undefined;
  }
}
