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
const ENDS = /^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g;

/** Removes obscure whitespace anywhere and ASCII whitespace from both ends. */
export function stripWhitespace(text: string): string {
  return text.replace(OBSCURE, "").replace(ENDS, "");
}
