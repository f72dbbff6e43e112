/** The longest id of a person, in UTF-16 units. */
export const MAX_RECIPIENT_ID = 255;

/**
 * A person's id as tokens name it: one line of text without blanks at its ends, compared as it is.
 *
 * @returns `undefined` for what is none
 */
export function parseRecipientId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const id = value.trim();
  const isOne = id !== "" && id.length <= MAX_RECIPIENT_ID && id.isWellFormed() &&
    !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(id);
  return isOne ? id : undefined;
}
