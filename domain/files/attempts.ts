/** The most attempts to confirm the address of one document's recipient, in a time window. */
export const ADDRESS_ATTEMPTS = { limit: 50, windowMs: 300_000 } as const;

/** Seconds until the next attempt is allowed after all attempts are used up: whole, and at least 1. */
export function retryAfterS(windowBeganAt: number, now: number): number {
  return Math.max(1, Math.ceil((windowBeganAt + ADDRESS_ATTEMPTS.windowMs - now) / 1000));
}
