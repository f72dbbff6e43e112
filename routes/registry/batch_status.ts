import type { RefusalOutcome, RefusalStatus } from "../http/refusal_status.ts";

/** The statuses after which a retry can succeed, by precedence: the one with the shorter wait first. */
const RETRYABLE_STATUSES = [503, 429] as const;

/**
 * Returns the HTTP status of the answer to a message when none of its notifications was accepted:
 *
 * 1. 503 when any notification has it, else 429 when any has it, with the longest wait among those with that status;
 * 2. else 403 when any notification has it (the service is archived);
 * 3. else 400.
 *
 * @param outcomes the outcome of each notification, none of them accepted
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
