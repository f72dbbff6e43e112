/** The longest idempotency key (a caller's name for a request, whose retry gets the first answer), in characters. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 255;

const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Whether a text can be an idempotency key: 1 to {@link MAX_IDEMPOTENCY_KEY_LENGTH} printable ASCII characters, no
 * space at either end.
 */
export function isIdempotencyKey(text: string): boolean {
  return text.length <= MAX_IDEMPOTENCY_KEY_LENGTH && PRINTABLE.test(text);
}
