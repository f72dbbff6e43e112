/** Rules for passwords. */

/** Min length of a password, in characters. */
export const MIN_PASSWORD_CHARACTERS = 12;
/** Max length of a password in bytes of UTF-8; a longer one is refused before it is hashed. */
export const MAX_PASSWORD_BYTES = 1_024;

/** Why a password is refused. */
export type PasswordFault =
  | "too-short"
  | "too-long"
  /** It consists of few characters or of a sequence, such as `123456789012`. */
  | "too-simple"
  /** It contains little beside the person's name or address, or the product's name. */
  | "own-words"
  /** It is one of the most used passwords. */
  | "too-common";
