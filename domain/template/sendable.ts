/** Removes characters that no message may contain. */
import { joinWords, SPACE_CLASS } from "../python_compat/text.ts";

const FULL_WIDTH = /[\u00a0\u202f]/g;
const ZERO_WIDTH = /[\u180e\u200b-\u200d\u2060\ufeff\u2028\u2029]/g;

/** Control characters other than white space. They have no meaning in a message, and some servers reject them. */
const CONTROLS = new RegExp(`[^\\P{Cc}${SPACE_CLASS}]`, "gu");
/**
 * Characters that override the writing direction up to the end of the line. Mail programs show a subject beside other text
 * on one line, which the override would affect.
 */
const DIRECTION_OVERRIDES = /[\u202d\u202e]/g;

/** Printable ASCII words with single spaces: valid in every header. */
const PLAIN_LINE = /^[!-~]+(?: [!-~]+)*$/;

/** Removes control characters other than white space, and replaces lone surrogates with U+FFFD. */
export function sendable(text: string): string {
  return text.replace(CONTROLS, "").toWellFormed();
}

/** Returns a text on one line, without characters that are invisible or invalid in a header. */
export function oneLine(text: string): string {
  if (PLAIN_LINE.test(text)) return text;
  const visible = text.replace(FULL_WIDTH, " ").replace(ZERO_WIDTH, "")
    .replace(DIRECTION_OVERRIDES, "");
  return joinWords(sendable(visible));
}
