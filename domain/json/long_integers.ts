import { endOfNumber, JSON_CODES, skipBlanks, skipString } from "./json_text.ts";

/** Matches where an integer may be too long for a double. */
const LONG_NUMBER = /[0-9]{16}/;
const WHOLE_NUMBER = /^-?(?:0|[1-9][0-9]*)$/;

/**
 * Whether a text has 16 digits in a row: only then can it hold a JSON integer that a double cannot represent exactly.
 */
export function mayHoldLongIntegers(text: string): boolean {
  return LONG_NUMBER.test(text);
}

/**
 * Puts each integer of a JSON text that a double cannot represent exactly into quotes: such integers are case and
 * account numbers, and `JSON.parse` would round them. Takes time linear in the text. A text that is not valid JSON
 * stays invalid.
 */
export function quoteLongIntegers(text: string): string {
  if (!mayHoldLongIntegers(text)) return text;
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === JSON_CODES.quote) {
      at = skipString(text, at, at, Infinity) ?? text.length;
    } else if (
      code === JSON_CODES.minus || (code >= JSON_CODES.digit0 && code <= JSON_CODES.digit9)
    ) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (isLongInteger(number) && !isName(text, end)) {
        parts.push(text.slice(copied, at), `"${number}"`);
        copied = end;
      }
      at = end - 1;
    }
  }
  return parts.join("") + text.slice(copied);
}

function isLongInteger(number: string): boolean {
  return number.length >= 16 && WHOLE_NUMBER.test(number) && !Number.isSafeInteger(Number(number));
}

/** Whether what ends at `end` stands where a name does: a number there is a fault that a string would hide. */
function isName(text: string, end: number): boolean {
  return text.charCodeAt(skipBlanks(text, end)) === JSON_CODES.colon;
}
