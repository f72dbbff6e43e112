/** Rate limits of one-time passcodes. No I/O, no clock: `now` is passed in. */
import { CLOCK_TOLERANCE_US, type QuotaCharge, usedOf } from "../sending/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time/durations.ts";

/** A rate limit: at most `codes` passcodes in a burst, which refills evenly over `perMs` milliseconds (GCRA). */
export interface CodeRate {
  readonly codes: number;
  readonly perMs: number;
}

/**
 * The limits of one-time passcodes within a service: of each recipient, all channels together, and of each address, all
 * recipients together. All apply; a passcode over one of them is not sent.
 */
export const CODE_LIMITS = {
  person: [{ codes: 5, perMs: 15 * MINUTE_MS }, { codes: 20, perMs: DAY_MS }],
  address: [{ codes: 5, perMs: HOUR_MS }],
} as const satisfies Readonly<Record<string, readonly CodeRate[]>>;

/** What a passcode costs of one counter. The fields are those of a {@link QuotaCharge}. */
export type CodeCharge = Omit<QuotaCharge, "refusal">;

/**
 * Returns what one passcode costs of each counter. It may be sent only if no counter exceeds its limit by it.
 *
 * @param marks keyed hashes of the recipient and the address, for the names of the counters
 * @param now epoch milliseconds
 */
export function codeCharges(
  marks: Readonly<Record<keyof typeof CODE_LIMITS, string>>,
  now: number,
): readonly CodeCharge[] {
  return (["person", "address"] as const).flatMap((of) =>
    CODE_LIMITS[of].map(({ codes, perMs }) => {
      const floor = now * 1000;
      const step = Math.ceil(perMs * 1000 / codes);
      return {
        // The rate is part of the name, so that a changed rate starts a new counter.
        scope: `code:${of}:${codes}/${perMs}:${marks[of]}`,
        floor,
        step,
        limit: floor + codes * step,
        cap: floor + codes * step + CLOCK_TOLERANCE_US,
        // Every counter has drained by then.
        expiresAt: now + perMs,
      };
    })
  );
}

/**
 * Computes the whole seconds until all charges are within their limits, at least 1.
 *
 * @param valueOf returns the counter's value, 0 for an absent counter
 */
export function codeRetryAfterS(
  charges: readonly CodeCharge[],
  valueOf: (scope: string) => number,
): number {
  const waits = charges.map((charge) =>
    Math.ceil((usedOf(charge, valueOf(charge.scope)) + charge.step - charge.limit) / 1_000_000)
  );
  return Math.max(1, ...waits);
}
