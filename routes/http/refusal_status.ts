import type { Refusal } from "../../domain/sending/refusal.ts";

/** The HTTP statuses that a refusal to send a notification can have. */
export type RefusalStatus = 400 | 403 | 409 | 422 | 429 | 503;

/** The HTTP status of a refusal. */
export interface RefusalOutcome {
  readonly status: RefusalStatus;
  /** The value of `Retry-After`, in seconds; absent when a retry of the same request would be refused again. */
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

/**
 * Returns the HTTP status of a refusal to send: 400 unless its kind has another. It is the same in all APIs that report
 * this refusal by a status.
 */
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
