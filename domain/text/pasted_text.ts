/**
 * Characters that come along when people paste: invisible marks, odd blanks, letters in parts, control characters. Every
 * parser of input uses this table.
 *
 * Marks are the code points that Unicode calls default ignorable (`\p{DI}`): zero-width blanks and joiners (U+200B to
 * U+200D), direction marks (U+061C, 200E, 200F, 202A to 202E, 2066 to 2069), soft hyphens (U+00AD), word joiners and byte
 * order marks (U+2060, FEFF), variation selectors and their kin.
 */

const MARK = /\p{DI}/u;
const MARKS = /\p{DI}+/gu;
const ASCII = /^[\0-\x7f]*$/;
const NON_ASCII = /[^\0-\x7f]/;

/**
 * Removes invisible marks, which no telephone number, address, tax number or name needs. Blanks stay, also no-break
 * ones.
 */
export function removeMarks(text: string): string {
  // Without `u`, the first test is much cheaper; most recipients end there.
  return NON_ASCII.test(text) && MARK.test(text) ? text.replace(MARKS, "") : text;
}

/** Hangul letters in parts; other letters in parts are a letter and its combining marks. */
const IN_PARTS = /\P{M}\p{M}+|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?/gu;
const COMBINING = /[\p{M}\u1161-\u1175]/u;

/**
 * Composes letters that are written in parts (`e` and U+0301 become `é`), as NFC does. A sequence without a composed
 * form stays, and so does a letter that NFC would take apart.
 */
function composeLetters(text: string): string {
  if (ASCII.test(text) || !COMBINING.test(text)) return text;
  return text.replace(IN_PARTS, (parts) => {
    const composed = parts.normalize("NFC");
    return composed.length < parts.length ? composed : parts;
  });
}

const TEXT_MARKS = /[\u00ad\u061c\u200e\u200f\u202a-\u202e\u2061-\u2064\u2066-\u206f]/g;
/** Latin, Greek, Cyrillic and Armenian letters, punctuation and currency signs: no mark, and nothing that combines. */
const PLAIN =
  /^[\0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u202f-\u205f\u20a0-\u20cf]*$/;
const SOFT_HYPHENS = /\u00ad/g;
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * Cleans a text message: composes its letters, and removes soft hyphens, direction marks and invisible operators, of
 * which each would make the message Unicode. Joiners and variation selectors stay: emoji are made with them.
 *
 * @param keepsDirection whether direction marks stay in a text with letters of a script that runs from right to left
 */
export function cleanMessage(text: string, keepsDirection: boolean): string {
  // Most texts are plain, and the tests below take long.
  if (PLAIN.test(text)) return text;
  const bare = text.replace(TEXT_MARKS, "");
  const isDirected = keepsDirection && RIGHT_TO_LEFT.test(bare);
  return composeLetters(isDirected ? text.replace(SOFT_HYPHENS, "") : bare);
}

// Tabs and line ends (U+000A to 000D, U+0085) belong to a text.
// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/;
const CONTROLS = new RegExp(CONTROL, "g");

/**
 * Finds the first control character: a code point below U+0020 or from U+007F to U+009F that is neither a tab nor a line
 * end.
 *
 * @returns the character; `undefined` when the text has none
 */
export function findControlCharacter(text: string): string | undefined {
  return CONTROL.exec(text)?.[0];
}

/** Removes the characters that {@link findControlCharacter} finds. */
export function removeControlCharacters(text: string): string {
  return CONTROL.test(text) ? text.replace(CONTROLS, "") : text;
}

const BLANKS = /\s+/g;
const DASHES = /[\u2010-\u2015\u2212]/g;

/**
 * Cleans the heading of a column for reading and for comparisons: without marks and control characters, its letters
 * composed, dashes hyphens, and every run of blanks (no-break ones, and the line ends of a wrapped heading) a single space.
 */
export function cleanHeading(heading: string): string {
  const spaced = heading.replace(BLANKS, " ").trim();
  return ASCII.test(spaced)
    ? removeControlCharacters(spaced)
    : composeLetters(removeControlCharacters(removeMarks(spaced))).replace(DASHES, "-")
      .replace(BLANKS, " ").trim();
}
