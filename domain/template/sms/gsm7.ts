/**
 * The GSM-7 alphabet of SMS (3GPP TS 23.038) and the replacements of characters outside it.
 */

/** The characters of the GSM-7 alphabet that take one septet (7 bits). */
export const GSM7_BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** The characters of the GSM-7 alphabet that take two septets: an escape and the character. */
export const GSM7_EXTENSION = "^{}\\[~]|€";

/** Welsh letters outside GSM-7. With `downgrade`, only they make an SMS Unicode. */
const WELSH = "ÂÊÎÔÛŴŶâêîôûŵŷÀÈÌÒÙẀỲàèìòùẁỳÁÉÍÓÚẂÝáéíóúẃýÄËÏÖÜẄŸäëïöüẅÿ";

const PRINTABLE_ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
  .join("");

/** Replacements of typographic characters in every encoding: they keep the meaning and let an SMS stay GSM-7. */
const REPLACEMENTS = {
  "\u2011": "-",
  "\u2013": "-",
  "\u2014": "-",
  "\u2212": "-",
  "\u2026": "...",
  "\u2018": "'",
  "\u2019": "'",
  "\u201a": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u201e": '"',
  "\u180e": "",
  "\u200b": "",
  "\u200c": "",
  "\u2060": "",
  "\ufeff": "",
  "\u2028": "",
  "\u2029": "",
  "\u00a0": " ",
  "\u202f": " ",
  "\t": " ",
} as const satisfies Record<string, string>;

/** Further replacements with `downgrade`; otherwise the zero-width joiner is kept, because it joins emoji. */
const DOWNGRADES = { "\u0141": "L", "\u0142": "l", "\u200d": "" } as const satisfies Record<
  string,
  string
>;

const replacements: ReadonlyMap<string, string> = new Map(Object.entries(REPLACEMENTS));
const downgrades: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...REPLACEMENTS, ...DOWNGRADES }),
);
const gsm7: ReadonlySet<string> = new Set(GSM7_BASIC + GSM7_EXTENSION);
const extension: ReadonlySet<string> = new Set(GSM7_EXTENSION);
const smsAlphabet: ReadonlySet<string> = new Set(GSM7_BASIC + GSM7_EXTENSION + WELSH);
const asciiAlphabet: ReadonlySet<string> = new Set(PRINTABLE_ASCII);

const REPLACED =
  /[\u2011\u2013\u2014\u2212\u2026\u2018\u2019\u201a\u201c-\u201e\u180e\u200b\u200c\u2060\ufeff\u2028\u2029\u00a0\u202f\t]/g;

/**
 * Returns the first character of a character's canonical decomposition, one step deep (`ǖ` is `ü` and a macron).
 *
 * @returns `undefined` for a character without a decomposition
 */
function firstOfDecomposition(character: string): string | undefined {
  const composed = character.normalize("NFC");
  if (composed !== character && [...composed].length === 1) return composed;
  const parts = [...character.normalize("NFD")];
  if (parts.length < 2) return undefined;
  parts.pop();
  return [...parts.join("").normalize("NFC")][0];
}

function downgradeCharacter(character: string, alphabet: ReadonlySet<string>): string {
  if (alphabet.has(character)) return character;
  const first = firstOfDecomposition(character);
  if (first === undefined) return downgrades.get(character) ?? "?";
  return alphabet.has(first) ? first : "?";
}

function downgradeTo(text: string, alphabet: ReadonlySet<string>): string {
  let out = "";
  for (const character of text) out += downgradeCharacter(character, alphabet);
  return out;
}

/** Replaces typographic characters, such as curly quotes and dashes, with plain ones, and removes invisible ones. */
export function replaceTypography(text: string): string {
  return text.replace(REPLACED, (character) => replacements.get(character) ?? character);
}

/** Replaces characters outside GSM-7 and Welsh with their base letter, or `?`. */
export function downgradeToSms(text: string): string {
  return downgradeTo(text, smsAlphabet);
}

/** Replaces characters outside printable ASCII with their base letter, or `?`. */
export function downgradeToAscii(text: string): string {
  return downgradeTo(text, asciiAlphabet);
}

/** Whether a character (one code point) can be sent as GSM-7. */
export function isGsm7(character: string): boolean {
  return gsm7.has(character);
}

/** Whether a character takes two septets in GSM-7. */
export function isGsm7Extension(character: string): boolean {
  return extension.has(character);
}
