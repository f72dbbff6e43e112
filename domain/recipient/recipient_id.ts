import { MAX_RECIPIENT_ID_LENGTH } from "../access/access_tokens.ts";

/**
 * Parses a recipient's id as access tokens contain it: one line of text, which is compared without normalisation.
 *
 * @returns `undefined` when the value is not an id
 */
export function parseRecipientId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const isId = value.length <= MAX_RECIPIENT_ID_LENGTH && /\S/.test(value) &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value);
  return isId ? value : undefined;
}
