/** What is taken out of every message before it is sent. */
import { joinWords, SPACE_CLASS } from "../python_compat/text.ts";

const FULL_WIDTH = /[\u00a0\u202f]/g;
const ZERO_WIDTH = /[\u180e\u200b-\u200d\u2060\ufeff\u2028\u2029]/g;

/** Controls that are no white space: they mean nothing in a message, and some servers refuse it for them. */
const CONTROLS = new RegExp(`[^\\P{Cc}${SPACE_CLASS}]`, "gu");
/**
 * Marks that turn the writing of all that follows. Where lines end, so does what they do; a subject is shown on one line
 * with others' text.
 */
const DIRECTION_OVERRIDES = /[\u202d\u202e]/g;

/** A line of single blanks and of characters that every header may hold. */
const PLAIN_LINE = /^[!-~]+(?: [!-~]+)*$/;

/** Without controls and halves of surrogate pairs. */
export function sendable(text: string): string {
  return text.replace(CONTROLS, "").toWellFormed();
}

/** Fit for a header: one line. */
export function oneLine(text: string): string {
  if (PLAIN_LINE.test(text)) return text;
  const visible = text.replace(FULL_WIDTH, " ").replace(ZERO_WIDTH, "")
    .replace(DIRECTION_OVERRIDES, "");
  return joinWords(sendable(visible));
}
