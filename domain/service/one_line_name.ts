/** Names of services, keys, templates, tokens and people. Every API and page asks this rule. */
import { removeMarks } from "../text/pasted_text.ts";

/** The longest name of a service, key, template or job, in UTF-16 units. */
export const MAX_NAME = 255;

/** Why a name is refused. */
export type NameFault = "missing" | "too-long" | "not-one-line" | "invisible";

/** What an API answers for the fault `invisible`. */
export const INVISIBLE_IN_NAME =
  "must not have invisible characters, such as those that change the direction of text";

/**
 * Characters that are not seen, by which two names that look alike differ, or a name is shown in another order than it
 * is stored: direction marks, embeddings, overrides and isolates, zero-width blanks, word joiners, soft hyphens, blank
 * letters and annotations. Joiners (U+200C, U+200D), variation selectors and tags are none of them: emoji and the letters
 * of some scripts need them.
 */
const INVISIBLE =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e001f}]/u;

/**
 * Returns why a trimmed name is refused, `undefined` for a good one. A name has 1 to {@link MAX_NAME} UTF-16 units
 * without control characters, line breaks and lone surrogates, since it is used in headers and texts, and without
 * invisible characters. One of blanks and invisible marks only counts as missing.
 */
export function nameFaultOf(name: string): NameFault | undefined {
  if (isBlank(name)) return "missing";
  if (name.length > MAX_NAME) return "too-long";
  if (!isOneLine(name)) return "not-one-line";
  return hasInvisible(name) ? "invisible" : undefined;
}

/** Whether a text has no control characters, line breaks and lone surrogates. */
export function isOneLine(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

/** Whether a text has invisible characters that no name needs. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text);
}

/** Whether a text has blanks and invisible marks only. */
export function isBlank(text: string): boolean {
  return removeMarks(text).trim() === "";
}
