/** One-time passcodes (OTP) that prove addresses. No randomness here: random numbers are passed in. */

const DIGITS = 6;
const CODES = 10 ** DIGITS;
/**
 * The greatest multiple of {@link CODES} below 2^32. Random numbers below it give every code with equal probability.
 */
const FAIR_BELOW = Math.floor(2 ** 32 / CODES) * CODES;

/** How long a one-time passcode can be used after it was created, in milliseconds. */
export const CODE_TTL_MS = 300_000;
/** How many attempts to enter a code, right or wrong, are compared; later ones fail, and a new code is needed. */
export const MAX_CODE_TRIES = 5;

/**
 * Converts a random number to a code of six digits. All codes are equally likely.
 *
 * @param random an unsigned 32-bit number
 * @returns `undefined` for the few numbers that would make some codes more likely: draw another number
 */
export function toCode(random: number): string | undefined {
  if (random >= FAIR_BELOW) return undefined;
  return String(random % CODES).padStart(DIGITS, "0");
}
