/** Decides between the one-byte encodings of Windows by the letters of a whole text. */
import type { LegacyEncoding } from "./encoding.ts";
import type { WordListener } from "./non_ascii_words.ts";

/** A guess with fewer letters than this (letters that are not ASCII) is never certain. */
export const GUESS_MIN_LETTERS = 20;
/** The words of one script must be this many times those of the other. */
const SCRIPT_MARGIN = 3;
/** How much likelier the letters must be in the one Latin encoding than in the other: e to this power. */
const LATIN_MARGIN = 5;
/** The share of letters that a language's alphabet does not have: names and words of other languages. */
const FOREIGN_SHARE = 0.02;

/** A guess of a text's encoding by its letters. */
export interface EncodingGuess {
  readonly encoding: LegacyEncoding;
  /** How many letters that are not ASCII the text has, read by the guessed encoding. */
  readonly letters: number;
  /** Whether no other of the encodings is likely. */
  readonly isCertain: boolean;
}

/** Counts the bytes of the words of one text. */
export interface ByteCounts extends WordListener {
  /** Guesses the encoding by the words so far. */
  guess(): EncodingGuess;
}

/**
 * The letters of languages that are not ASCII, each with its frequency in texts, per 10,000 characters. Only their ratio
 * within a language counts. Letters of both cases are counted together.
 */
const LANGUAGES: readonly (readonly [encoding: LegacyEncoding, letters: string])[] = [
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
  ["windows-1252", "á180 ð440 í160 é65 ó100 ö80 ú60 þ145 æ85 ý20"],
  ["windows-1252", "â30 ê15 î15 ô30 û10 ï5"],
];

const HIGH_BYTES = Uint8Array.from({ length: 128 }, (_, at) => at + 128);

/** The characters of the bytes from 0x80 on. */
const CHARACTERS = {
  "windows-1250": [...new TextDecoder("windows-1250").decode(HIGH_BYTES)],
  "windows-1251": [...new TextDecoder("windows-1251").decode(HIGH_BYTES)],
  "windows-1252": [...new TextDecoder("windows-1252").decode(HIGH_BYTES)],
} as const satisfies Record<LegacyEncoding, readonly string[]>;

const IS_LETTER = Object.fromEntries(
  Object.entries(CHARACTERS).map(([encoding, characters]) => [
    encoding,
    characters.map((character) => /\p{L}/u.test(character)),
  ]),
);

/** Whether a byte from 0x80 on is a letter in any of the encodings. */
const IS_ANY_LETTER = Uint8Array.from(
  HIGH_BYTES,
  (_, at) => Object.values(IS_LETTER).some((isLetter) => isLetter[at] === true) ? 1 : 0,
);

/** The logarithm of the likelihood of each byte from 0x80 on in a text of a language. */
interface Language {
  readonly encoding: LegacyEncoding;
  readonly logs: readonly number[];
}

function readLanguage(encoding: LegacyEncoding, letters: string): Language {
  const frequencies = new Map<string, number>();
  for (const [, letter = "", frequency] of letters.matchAll(/(\S)(\d+)/gu)) {
    frequencies.set(letter, Number(frequency));
  }
  const sum = [...frequencies.values()].reduce((total, frequency) => total + frequency, 0);
  const logs = CHARACTERS[encoding].map((character) => {
    const frequency = frequencies.get(character.toLowerCase()) ?? 0;
    const own = (frequency / sum) * (1 - FOREIGN_SHARE);
    const isSymbol = !/\p{L}/u.test(character);
    return Math.log(own + FOREIGN_SHARE / (isSymbol ? 1_000 : 100));
  });
  return { encoding, logs };
}

const READ_LANGUAGES = LANGUAGES.map(([encoding, letters]) => readLanguage(encoding, letters));

function lettersIn(counts: Float64Array, encoding: LegacyEncoding): number {
  return counts.reduce(
    (sum, count, at) => IS_LETTER[encoding]?.[at] === true ? sum + count : sum,
    0,
  );
}

/** Returns the logarithm of the likelihood of the text in the likeliest language of an encoding. */
function likelihood(counts: Float64Array, encoding: LegacyEncoding): number {
  const languages = READ_LANGUAGES.filter((language) => language.encoding === encoding);
  return Math.max(
    ...languages.map(({ logs }) =>
      counts.reduce((sum, count, at) => sum + count * (logs[at] ?? 0), 0)
    ),
  );
}

/** Guesses between the two encodings of Latin letters. The default is windows-1252. */
function guessLatin(counts: Float64Array): EncodingGuess {
  const central = likelihood(counts, "windows-1250");
  const western = likelihood(counts, "windows-1252");
  const encoding = central > western ? "windows-1250" : "windows-1252";
  const letters = lettersIn(counts, encoding);
  const isSame = counts.every((count, at) =>
    count === 0 || CHARACTERS["windows-1250"][at] === CHARACTERS["windows-1252"][at]
  );
  const isCertain = letters >= GUESS_MIN_LETTERS &&
    (isSame || Math.abs(central - western) >= LATIN_MARGIN);
  return { encoding, letters, isCertain };
}

/** Creates the counts of one text, all zero. */
export function createByteCounts(): ByteCounts {
  const counts = new Float64Array(128);
  // In Cyrillic text, all letters of a word are above 0x7F. In Latin text, they stand among ASCII letters.
  let cyrillic = 0;
  let latin = 0;
  let isMixed = false;
  let letters = 0;
  return {
    startWord(_offset, isAfterLetter) {
      isMixed = isAfterLetter;
      letters = 0;
    },
    addToWord(bytes, from, to) {
      for (let at = from; at < to; at++) {
        const index = (bytes[at] ?? 0) & 0x7f;
        counts[index] = (counts[index] ?? 0) + 1;
        letters += IS_ANY_LETTER[index] ?? 0;
      }
    },
    endWord(isBeforeLetter) {
      if (letters > 0 && (isMixed || isBeforeLetter)) latin++;
      else if (letters > 1) cyrillic++;
    },
    // The more frequent kind of word decides; Latin is the default.
    guess() {
      const isClear = Math.min(cyrillic, latin) * SCRIPT_MARGIN <= Math.max(cyrillic, latin);
      if (cyrillic <= latin) {
        const guess = guessLatin(counts);
        return { ...guess, isCertain: guess.isCertain && isClear && latin > 0 };
      }
      const found = lettersIn(counts, "windows-1251");
      const isCertain = isClear && found >= GUESS_MIN_LETTERS;
      return { encoding: "windows-1251", letters: found, isCertain };
    },
  };
}
