/**
 * Max attempts to confirm the address of one document's recipient, over all callers and processes, in a window of 5
 * minutes that begins with the first of them. Further attempts are refused until the window ends.
 */
export const ADDRESS_ATTEMPTS = { limit: 50, windowMs: 300_000 } as const;

/**
 * Computes the seconds until the next attempt is allowed after all attempts are used up: whole, and at least 1.
 *
 * @param windowBeganAt epoch milliseconds
 * @param now epoch milliseconds
 */
export function retryAfterS(windowBeganAt: number, now: number): number {
  return Math.max(1, Math.ceil((windowBeganAt + ADDRESS_ATTEMPTS.windowMs - now) / 1000));
}
