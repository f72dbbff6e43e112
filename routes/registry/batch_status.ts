import type { RefusalOutcome, RefusalStatus } from "../http/refusal_status.ts";

/** The statuses after which a retry can succeed; the one with the shorter wait first. */
const RETRYABLE_STATUSES = [503, 429] as const;

/**
 * The status of a message when none of its notifications was accepted. A retryable status of any notification wins, with
 * the longest wait among those of that status; otherwise 403 for an archived service, or 400.
 *
 * @param outcomes the outcome of each notification
 */
export function statusWhenNoneAccepted(outcomes: readonly RefusalOutcome[]): RefusalOutcome {
  for (const status of RETRYABLE_STATUSES) {
    const waits = outcomes.flatMap((outcome) =>
      outcome.status === status ? [outcome.retryAfterS ?? 0] : []
    );
    if (waits.length === 0) continue;
    const retryAfterS = Math.max(...waits);
    return { status, ...(retryAfterS === 0 ? {} : { retryAfterS }) };
  }
  const status: RefusalStatus = outcomes.some(({ status }) => status === 403) ? 403 : 400;
  return { status };
}
