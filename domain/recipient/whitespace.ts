/**
 * Invisible characters that people paste by accident. They are written as escapes, since an editor would hide them.
 *
 * Source: `formatters.py` of GOV.UK Notify's utilities.
 */

/**
 * Invisible characters, for a regular expression: removed anywhere in an address, and allowed in a telephone number.
 */
export const OBSCURE_WHITESPACE =
  "\u180e\u200b\u200c\u200d\u2060\ufeff\u2028\u2029\u00a0\u202f" as const;

const OBSCURE = new RegExp(`[${OBSCURE_WHITESPACE}]`, "gu");
const HAS_OBSCURE = new RegExp(`[${OBSCURE_WHITESPACE}]`);
const ENDS = /^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g;
const SPACE = 0x20;

/** Removes obscure whitespace anywhere and ASCII whitespace from both ends. */
export function stripWhitespace(text: string): string {
  // Most texts have nothing to remove, and this runs for every cell of a list.
  const isTrimmed = text === "" ||
    (text.charCodeAt(0) > SPACE && text.charCodeAt(text.length - 1) > SPACE);
  if (isTrimmed && !HAS_OBSCURE.test(text)) return text;
  return text.replace(OBSCURE, "").replace(ENDS, "");
}
