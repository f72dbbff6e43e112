/** How often codes may be made. No I/O, no clock: `now` is passed in. */
import type { QuotaCharge } from "../sending/limits.ts";

/** So many codes at once, and again so many evenly over that time (GCRA). */
export interface CodeRate {
  readonly codes: number;
  readonly perMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The rates of codes: for all channels of a person, and for an address whoever asks. All of them hold. */
export const CODE_LIMITS = {
  person: [{ codes: 5, perMs: 15 * MINUTE_MS }, { codes: 20, perMs: DAY_MS }],
  address: [{ codes: 5, perMs: HOUR_MS }],
} as const satisfies Readonly<Record<string, readonly CodeRate[]>>;

/** A use of a counter, judged as {@link QuotaCharge} says. */
export type CodeCharge = Omit<QuotaCharge, "refusal">;

/**
 * What one code is charged to.
 *
 * @param marks what stands for the person and the address in the names of counters; nobody can be known by it
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
        // A bucket filled at another rate says nothing about this one.
        scope: `code:${of}:${codes}/${perMs}:${marks[of]}`,
        floor,
        step,
        limit: floor + codes * step,
        // However full, a bucket is empty by then.
        expiresAt: now + perMs,
      };
    })
  );
}

/**
 * Whole seconds until all of the charges may pass, 1 at least.
 *
 * @param valueOf the counter's value, 0 when there is none
 */
export function codeRetryAfterS(
  charges: readonly CodeCharge[],
  valueOf: (scope: string) => number,
): number {
  const waits = charges.map(({ scope, floor, step, limit }) =>
    Math.ceil((Math.max(valueOf(scope), floor) + step - limit) / 1_000_000)
  );
  return Math.max(1, ...waits);
}
