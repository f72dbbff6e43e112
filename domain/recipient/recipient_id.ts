import { MAX_RECIPIENT_ID_LENGTH } from "../access/access_tokens.ts";

/**
 * Parses a person's id as access tokens contain it: one line of 1 to 255 UTF-16 units that is not blank. Ids are
 * compared exactly.
 *
 * @returns `undefined` when the value is not an id
 */
export function parseRecipientId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const isId = value.length <= MAX_RECIPIENT_ID_LENGTH && /\S/.test(value) &&
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value);
  return isId ? value : undefined;
}
