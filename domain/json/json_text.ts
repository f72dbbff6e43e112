/** Reading JSON text by its characters, for what `JSON.parse` cannot do: stop at a limit, or go on later. */

/** The UTF-16 codes of the characters that JSON's structure consists of. */
export const JSON_CODES = {
  quote: 34,
  comma: 44,
  minus: 45,
  digit0: 48,
  digit9: 57,
  colon: 58,
  openArray: 91,
  backslash: 92,
  closeArray: 93,
  openObject: 123,
  closeObject: 125,
} as const;

/**
 * Finds where a JSON string ends: at the first quotation mark that follows an even number of backslashes. The search
 * can be divided, so that a caller can serve other requests while it searches a string with many quotation marks.
 *
 * @param start the index of the string's opening quotation mark
 * @param from where to search; to go on after `undefined`, call again with the earlier `to`
 * @param to quotation marks from here on are not considered. They are found by `indexOf`, which is fast but may read on
 * past `to`, as far as the next one or the end of the text
 * @returns the index of the closing quotation mark if it is before `to`; the text's length when the text has no further
 * quotation mark that could close the string; otherwise `undefined`: there is one at or after `to`
 */
export function skipString(
  text: string,
  start: number,
  from: number,
  to: number,
): number | undefined {
  let end = text.indexOf('"', Math.max(from, start + 1));
  while (end !== -1 && end < to) {
    if (!isEscaped(text, end, start)) return end;
    end = text.indexOf('"', end + 1);
  }
  return end === -1 ? text.length : undefined;
}

/**
 * Whether the character at index `at` follows an odd number of backslashes, so that it is escaped.
 *
 * @param start the index of the opening quotation mark of its string
 */
export function isEscaped(text: string, at: number, start: number): boolean {
  let first = at;
  while (first - 1 > start && text.charCodeAt(first - 1) === JSON_CODES.backslash) first--;
  return (at - first) % 2 === 1;
}

/**
 * The first index after the number that begins at `from`. It need not be a valid JSON number: its characters decide.
 */
export function endOfNumber(text: string, from: number): number {
  let end = from + 1;
  while (end < text.length && isOfNumber(text.charCodeAt(end))) end++;
  return end;
}

function isOfNumber(code: number): boolean {
  // Digits, and the signs, point and exponent that a number may hold.
  return (code >= JSON_CODES.digit0 && code <= JSON_CODES.digit9) || code === JSON_CODES.minus ||
    code === 43 || code === 46 || code === 101 || code === 69;
}

/**
 * The index of the first character, from `from` on, that is not JSON white space; the text's length when there is none.
 */
export function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}
