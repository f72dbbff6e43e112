import { removeMarks } from "../text/pasted_text.ts";

/** The longest name of a service, key, template or job, in UTF-16 units. */
export const MAX_NAME = 255;

/** Why a name is refused. */
export type NameFault = "missing" | "too-long" | "not-one-line";

/**
 * Returns why a trimmed name is refused, `undefined` for a good one. A name has 1 to {@link MAX_NAME} UTF-16 units
 * without control characters, line breaks and lone surrogates, since it is used in headers and texts. One of blanks and
 * invisible marks only counts as missing.
 */
export function nameFaultOf(name: string): NameFault | undefined {
  if (isBlank(name)) return "missing";
  if (name.length > MAX_NAME) return "too-long";
  return isOneLine(name) ? undefined : "not-one-line";
}

/** Whether a text has no control characters, line breaks and lone surrogates. */
export function isOneLine(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

/** Whether a text has blanks and invisible marks only. */
export function isBlank(text: string): boolean {
  return removeMarks(text).trim() === "";
}
