/** The codes that prove addresses. No chance here: random numbers are passed in. */

const DIGITS = 6;
const CODES = 10 ** DIGITS;
/** The greatest multiple of {@link CODES} that 32 bits hold: below it every code has as many numbers as any other. */
const FAIR_BELOW = Math.floor(2 ** 32 / CODES) * CODES;

/** How long a code proves anything. */
export const CODE_TTL_MS = 300_000;
/** How many codes a person may try, right or wrong, before the one that was sent is worth nothing. */
export const MAX_CODE_TRIES = 5;

/**
 * The code of a random number: six digits, each of the million as likely as any other.
 *
 * @param random an unsigned number of 32 bits
 * @returns `undefined` for the few numbers that would make some codes likelier: draw again
 */
export function toCode(random: number): string | undefined {
  if (random >= FAIR_BELOW) return undefined;
  return String(random % CODES).padStart(DIGITS, "0");
}
