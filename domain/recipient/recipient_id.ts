import { MAX_RECIPIENT_ID_LENGTH } from "../access/access_tokens.ts";

/**
 * A person's id as tokens name it: one line of text, compared as it is.
 *
 * @returns `undefined` for what is none
 */
export function parseRecipientId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const isOne = value.length <= MAX_RECIPIENT_ID_LENGTH && /\S/.test(value) &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value);
  return isOne ? value : undefined;
}
