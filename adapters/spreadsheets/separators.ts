/** The separators of numbers by language. */

/** What stands between thousands, and before decimals. */
export interface Separators {
  readonly group: string;
  readonly point: string;
}

/** Those of English, which an Excel file does not name. */
export const englishSeparators: Separators = { group: ",", point: "." };
const COMMA_AND_DOT: Separators = { group: ".", point: "," };
const COMMA_AND_BLANK: Separators = { group: "\u00a0", point: "," };

/** The languages whose decimals follow a comma: the primary language ids of Windows, and the codes of ISO 639. */
const LANGUAGES:
  readonly (readonly [Separators, readonly (readonly [id: number, code: string])[]])[] = [
    [COMMA_AND_DOT, [
      [0x03, "ca"],
      [0x06, "da"],
      [0x07, "de"],
      [0x08, "el"],
      [0x0a, "es"],
      [0x0f, "is"],
      [0x10, "it"],
      [0x13, "nl"],
      [0x16, "pt"],
      [0x18, "ro"],
      [0x1a, "hr"],
      [0x1f, "tr"],
      [0x21, "id"],
      [0x24, "sl"],
      [0x2a, "vi"],
      [0x2d, "eu"],
    ]],
    [COMMA_AND_BLANK, [
      [0x02, "bg"],
      [0x05, "cs"],
      [0x0b, "fi"],
      [0x0c, "fr"],
      [0x0e, "hu"],
      [0x14, "nb"],
      [0x15, "pl"],
      [0x19, "ru"],
      [0x1b, "sk"],
      [0x1d, "sv"],
      [0x22, "uk"],
      [0x23, "be"],
      [0x25, "et"],
      [0x26, "lv"],
      [0x27, "lt"],
      [0x2f, "mk"],
    ]],
  ];

const BY_LANGUAGE: ReadonlyMap<number | string, Separators> = new Map<number | string, Separators>(
  LANGUAGES.flatMap(([separators, languages]) =>
    languages.flat().map((language) => [language, separators] as const)
  ),
);

/** The bits of a Windows locale id that name the language, without the country. */
const LANGUAGE_BITS = 0x3ff;

/**
 * Returns the separators of a locale in a format code. Languages that are not in the table have those of English.
 *
 * @param locale a Windows locale id in hexadecimal (`422`), or a language tag (`uk-UA`)
 */
export function separatorsOf(locale: string): Separators {
  const key = /^[0-9A-F]{3,8}$/i.test(locale)
    ? Number.parseInt(locale, 16) & LANGUAGE_BITS
    : locale.split("-", 1)[0]?.toLowerCase() ?? "";
  return BY_LANGUAGE.get(key) ?? englishSeparators;
}
