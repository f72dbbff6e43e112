/** The letters of languages as bytes of the one-byte encodings of Windows. */
import type { LegacyEncoding } from "./encoding.ts";

/** The share of letters that a language's alphabet does not have: names and words of other languages. */
const FOREIGN_SHARE = 0.02;

/**
 * How often each byte from 0x80 to 0xFF stands in texts of one language, or of all languages of one encoding together.
 */
export interface Language {
  readonly encoding: LegacyEncoding;
  /** 128 natural logarithms: for each byte from 0x80 on, its share of the letters that are not ASCII. */
  readonly logs: readonly number[];
}

const HIGH_BYTES = Uint8Array.from({ length: 128 }, (_, at) => at + 128);

/** By encoding, the 128 characters of the bytes from 0x80 to 0xFF, in order. */
export const CHARACTERS = {
  "windows-1250": [...new TextDecoder("windows-1250").decode(HIGH_BYTES)],
  "windows-1251": [...new TextDecoder("windows-1251").decode(HIGH_BYTES)],
  "windows-1252": [...new TextDecoder("windows-1252").decode(HIGH_BYTES)],
} as const satisfies Record<LegacyEncoding, readonly string[]>;

/**
 * The letters of languages that are not ASCII, each with its frequency in texts, per 10,000 characters. Only their ratio
 * within a language counts. Letters of both cases are counted together.
 */
const LETTERS: readonly (readonly [encoding: LegacyEncoding, letters: string])[] = [
  ["windows-1250", "ł180 ę110 ą100 ó85 ż83 ś66 ć40 ń30 ź6"],
  ["windows-1250", "í330 á220 ě160 é130 ř120 ý110 ž100 č100 š80 ů70 ú16 ň8 ť4 ó3 ď2"],
  ["windows-1250", "á200 í130 č100 ý100 ž90 é90 š80 ú100 ť60 ľ40 ô20 ň15 ä10 ď10 ó10 ĺ1 ŕ1"],
  ["windows-1250", "á340 é340 ö100 ó100 ő90 ü60 í55 ú30 ű20"],
  ["windows-1250", "ă300 ş110 ţ100 î100 â60"],
  ["windows-1250", "č100 š100 ć70 ž60 đ25"],
  ["windows-1252", "é200 è35 à50 ê20 ç10 ù6 û6 î5 ô6 â5 ë3 ï3 œ2"],
  ["windows-1252", "ü65 ä54 ö30 ß30"],
  ["windows-1252", "ó83 í73 á50 é43 ñ31 ú17 ü2 ª3 º3 ¿3 ¡3"],
  ["windows-1252", "ã73 á60 ç53 é45 ê45 ó30 í30 ú20 â15 õ10 à7 ô5 ª3 º3"],
  ["windows-1252", "ä180 å130 ö130 é5"],
  ["windows-1252", "ø90 å100 æ90 é3"],
  ["windows-1252", "à64 è26 ù17 ò20 ì15 é10"],
  // Icelandic has letters that no other language here has.
  ["windows-1252", "á180 ð440 í160 é65 ó100 ö80 ú60 þ145 æ85 ý20"],
  ["windows-1252", "â30 ê15 î15 ô30 û10 ï5"],
  [
    "windows-1251",
    "о94 а83 н68 и61 і57 в53 т50 е47 р46 с41 к37 л36 у34 м31 д29 п28 я22 з21 ь18 б17 г15 й14 ч14 х11 ц10 " +
    "ж8 ї6 ш7 ю8 є5 щ5 ф3 ґ1",
  ],
  [
    "windows-1251",
    "о109 е85 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19 ь17 г17 з16 б16 ч14 й12 х10 " +
    "ж9 ш7 ю6 ц5 щ4 э3 ф3 ъ1 ё2",
  ],
  [
    "windows-1251",
    "а160 н60 і58 р50 с48 к42 л42 т42 о40 е38 ы36 в35 у33 м32 д31 я60 п28 з24 ц24 ь18 г17 б16 ў15 й14 " +
    "ч13 х12 э12 ж10 ш8 ю7 ё6 ф3",
  ],
  [
    "windows-1251",
    "а110 е100 и90 о90 т70 н68 с52 р48 в42 л38 к36 д35 п32 м25 я21 ъ18 з21 у16 г15 б13 ч13 й10 ц9 ж8 " +
    "щ6 ш5 х6 ю2 ф3 ь1",
  ],
  [
    "windows-1251",
    "а118 о92 и92 е88 н54 р50 т46 с48 у42 в38 ј43 д37 к37 л33 м35 п29 з18 г17 б15 ч10 ш9 ц9 ж6 х6 љ5 " +
    "њ8 ћ6 ђ2 ф2 џ1",
  ],
];

/** Returns the share of each letter of a language: `é200 è35`. */
function readShares(letters: string): ReadonlyMap<string, number> {
  const frequencies = [...letters.matchAll(/(\S)(\d+)/gu)].map(([, letter = "", frequency]) =>
    [letter, Number(frequency)] as const
  );
  const sum = frequencies.reduce((total, [, frequency]) => total + frequency, 0);
  return new Map(frequencies.map(([letter, frequency]) => [letter, frequency / sum]));
}

/** Returns the average shares of several languages, for lists with names of all of them. */
function average(languages: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const letters = new Set(languages.flatMap((shares) => [...shares.keys()]));
  return new Map([...letters].map((letter) => {
    const sum = languages.reduce((total, shares) => total + (shares.get(letter) ?? 0), 0);
    return [letter, sum / languages.length];
  }));
}

function toLanguage(encoding: LegacyEncoding, shares: ReadonlyMap<string, number>): Language {
  const logs = CHARACTERS[encoding].map((character) => {
    const own = (shares.get(character.toLowerCase()) ?? 0) * (1 - FOREIGN_SHARE);
    const isSymbol = !/\p{L}/u.test(character);
    return Math.log(own + FOREIGN_SHARE / (isSymbol ? 1_000 : 100));
  });
  return { encoding, logs };
}

const SHARES = LETTERS.map(([encoding, letters]) => ({
  encoding,
  shares: readShares(letters),
  isMixable: !letters.includes("þ"),
}));

/** The letter frequencies of each language, then those of all languages of each encoding together. */
export const LANGUAGES: readonly Language[] = [
  ...SHARES.map(({ encoding, shares }) => toLanguage(encoding, shares)),
  ...(["windows-1250", "windows-1251", "windows-1252"] as const).map((encoding) =>
    toLanguage(
      encoding,
      average(
        SHARES.filter((one) => one.encoding === encoding && one.isMixable)
          .map(({ shares }) => shares),
      ),
    )
  ),
];
