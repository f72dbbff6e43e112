/** Rules for passwords. */
import { COMMON_PASSWORDS } from "./common_passwords.ts";

/** Min length of a password, in characters. */
const MIN_PASSWORD_CHARACTERS = 12;
/** Max length of a password in bytes of UTF-8; a longer one is refused before it is hashed. */
export const MAX_PASSWORD_BYTES = 1_024;
/** Min number of different characters. */
const MIN_DIFFERENT = 5;
/** How many characters must be left without the names of the person and the product. */
const MIN_LEFT = 6;
/** Min length of a name that counts: shorter ones are part of too many passwords. */
const MIN_NAME = 4;
const PRODUCT_WORDS = ["hark", "password", "пароль"];
const SEQUENCES = [
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiopasdfghjklzxcvbnm",
  "01234567890123456789",
  "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
  "йцукенгшщзхїфівапролджєячсмитьбю",
];
/** How much of a password may be one sequence. */
const MAX_SEQUENCE_SHARE = 0.7;

/** Why a password is refused. */
export type PasswordFault =
  | "too-short"
  | "too-long"
  /** It has few different characters, or is mostly a sequence such as `123456789012`. */
  | "too-simple"
  /** It has little beside the person's name or address, or the product's name. */
  | "own-name"
  /** It is one of the most used passwords. */
  | "too-common";

/** Whether a password is too long to be hashed. */
export function isTooLong(password: string): boolean {
  // A UTF-16 unit has at least one byte.
  return password.length > MAX_PASSWORD_BYTES ||
    new TextEncoder().encode(password).length > MAX_PASSWORD_BYTES;
}

/**
 * Checks a new password.
 *
 * @param ownTexts texts of the person: the name and the e-mail address
 * @returns `undefined` for a good one
 */
export function checkPassword(
  password: string,
  ownTexts: readonly string[],
): PasswordFault | undefined {
  if (isTooLong(password)) return "too-long";
  const characters = [...password.normalize("NFKC")];
  if (characters.length < MIN_PASSWORD_CHARACTERS) return "too-short";
  const folded = characters.join("").toLowerCase();
  if (COMMON_PASSWORDS.has(folded)) return "too-common";
  if (new Set(folded).size < MIN_DIFFERENT || isRepeated(folded) || isSequence(folded)) {
    return "too-simple";
  }
  return isMostlyName(folded, ownTexts) ? "own-name" : undefined;
}

/** Whether a text is a shorter one several times. */
function isRepeated(text: string): boolean {
  return `${text}${text}`.indexOf(text, 1) < text.length;
}

/** Whether most of a text goes along a sequence, forwards or backwards. */
function isSequence(text: string): boolean {
  const pairs = [...text].slice(1).map((next, index) => `${text[index] ?? ""}${next}`);
  return SEQUENCES.some((sequence) => {
    const backwards = [...sequence].reverse().join("");
    const along = pairs.filter((pair) => sequence.includes(pair) || backwards.includes(pair));
    return along.length > pairs.length * MAX_SEQUENCE_SHARE;
  });
}

function isMostlyName(folded: string, ownTexts: readonly string[]): boolean {
  const words = ownTexts.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word.length >= MIN_NAME);
  let left = folded;
  for (const word of [...words, ...PRODUCT_WORDS].sort((a, b) => b.length - a.length)) {
    left = left.replaceAll(word, "");
  }
  return left !== folded && [...left].length < MIN_LEFT;
}
