/**
 * Checks the form of secrets that an operator sets. It finds placeholders and typed patterns; a secret without one of
 * them can still be weak. No I/O.
 */

/** Why a secret is weak. Production refuses to start with a weak master key or admin token. */
export type Weakness =
  /** It stands in the documentation. */
  | "documented"
  | "too-short"
  /** It has few different bytes or characters. */
  | "few-different"
  /** It is a shorter pattern that is repeated. */
  | "repeated"
  /** There are few different differences between neighbouring bytes or characters, as in 1, 2, 3, 4. */
  | "sequence";

/**
 * The fewest different values in a secret that is not weak: different bytes of a key or characters of a token, and also
 * different differences between neighbouring values.
 */
export const MIN_DIFFERENT = 8;
/** The fewest characters of an admin token in production. */
export const MIN_STRONG_TOKEN_LENGTH = 24;

/** Example values that the documentation shows, so that somebody has copied them. */
const DOCUMENTED: ReadonlySet<string> = new Set([
  "QRfab7ZQmJfwhJmkBo+lcUjnvjIrWveF2P1TNMQ7YHc=",
  "d2526c9b933cf2a275e6f6139f6a93552a123f3e7f4a1c09",
]);

/**
 * Finds the weakness of a key, or `undefined`. The key's length is not checked here.
 *
 * @param bytes the decoded key
 * @param text the key as it was set, in base64
 */
export function weaknessOfKey(bytes: Uint8Array, text: string): Weakness | undefined {
  return DOCUMENTED.has(text.trim()) ? "documented" : weaknessOfValues([...bytes]);
}

/** Finds the weakness of an admin token, or `undefined`. */
export function weaknessOfToken(token: string): Weakness | undefined {
  const characters = Array.from(token, (character) => character.codePointAt(0) ?? 0);
  if (DOCUMENTED.has(token)) return "documented";
  if (characters.length < MIN_STRONG_TOKEN_LENGTH) return "too-short";
  return weaknessOfValues(characters);
}

function weaknessOfValues(values: readonly number[]): Weakness | undefined {
  if (new Set(values).size < MIN_DIFFERENT) return "few-different";
  if (isRepeated(values)) return "repeated";
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  return new Set(steps).size < MIN_DIFFERENT ? "sequence" : undefined;
}

/** Whether the values are a pattern that occurs at least twice; the last occurrence may be cut off. */
function isRepeated(values: readonly number[]): boolean {
  const longest = Math.floor(values.length / 2);
  return Array.from({ length: longest }, (_, index) => index + 1)
    .some((period) => values.every((value, at) => at < period || value === values[at - period]));
}
