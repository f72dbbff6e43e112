/** How often, and in how long, the recipient of one document may be guessed. */
export const ADDRESS_ATTEMPTS = { limit: 50, windowMs: 300_000 } as const;

/** Whole seconds until a document that has had its attempts may be tried again, 1 at least. */
export function retryAfterS(windowBeganAt: number, now: number): number {
  return Math.max(1, Math.ceil((windowBeganAt + ADDRESS_ATTEMPTS.windowMs - now) / 1000));
}
