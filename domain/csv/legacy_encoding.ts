/** Decides between the one-byte encodings of Windows by the letters of a whole text. */
import type { LegacyEncoding } from "./encoding.ts";
import { CHARACTERS, LANGUAGES } from "./language_letters.ts";
import type { WordListener } from "./non_ascii_words.ts";

/** A guess with fewer letters than this (letters that are not ASCII) is never certain. */
export const GUESS_MIN_LETTERS = 20;
/** The words of one script must be this many times those of the other. */
const SCRIPT_MARGIN = 3;
/** How much likelier the letters must be in the one Latin encoding than in the other: e to this power. */
const LATIN_MARGIN = 5;
/**
 * The least average logarithm of the likelihood of a letter, for a certain guess. Texts in other encodings (Greek, Turkish,
 * KOI8) have letters of which no language of the guessed encoding has so many.
 */
const LEAST_FIT = -3.5;
/** A text has more words for each one with a symbol among its letters. Polish in ISO 8859-2 has many: `D±browski`. */
const WORDS_A_SYMBOL = 20;
/** A Cyrillic text has more words for each capital that follows a small letter. In KOI8, the case is inverted. */
const WORDS_AN_INVERSION = 4;

/**
 * By how much a mark before a digit (`£5`) makes windows-1252 likelier: e to this power. The other encodings have a letter
 * there, and no letter stands alone before a digit.
 */
const AMOUNT_MARGIN = 3;

/** A guess of a text's encoding, for text that is not UTF-8, by its letters that are not ASCII. */
export interface EncodingGuess {
  readonly encoding: LegacyEncoding;
  /** How many letters that are not ASCII the text has, read by the guessed encoding. */
  readonly letters: number;
  /** Whether the other encodings are unlikely. Where it is `false`, the list has the warning `guessed_encoding`. */
  readonly isCertain: boolean;
}

/** Counts the bytes of one text's words, which a `WordScanner` passes to it. */
export interface ByteCounts extends WordListener {
  /** Guesses the encoding by the words so far. Without any it guesses windows-1252, and is not certain. */
  guess(): EncodingGuess;
}

const IS_LETTER = Object.fromEntries(
  Object.entries(CHARACTERS).map(([encoding, characters]) => [
    encoding,
    characters.map((character) => /\p{L}/u.test(character)),
  ]),
);

/** Whether a byte from 0x80 on is a letter in any of the encodings. */
const IS_ANY_LETTER = Uint8Array.from(
  { length: 128 },
  (_, at) => Object.values(IS_LETTER).some((isLetter) => isLetter[at] === true) ? 1 : 0,
);

function lettersIn(counts: Float64Array, encoding: LegacyEncoding): number {
  return counts.reduce(
    (sum, count, at) => IS_LETTER[encoding]?.[at] === true ? sum + count : sum,
    0,
  );
}

/** Whether a byte from 0x80 on is a symbol that no word has among its letters. */
const IS_SYMBOL = Uint8Array.from(
  CHARACTERS["windows-1252"],
  (character) => /[\p{S}¶§]/u.test(character) ? 1 : 0,
);

/** The bytes, from 0x80 on, of `ª` and `º`, which stand at the end of a word (`Nº 5`), where `Ş` and `ş` are rare. */
const ORDINALS: ReadonlySet<number> = new Set([0x2a, 0x3a]);

/** The bytes, from 0x80 on, of `¡` and `¿`, which stand before a word; in windows-1250, `ż` begins words too. */
const OPENERS: ReadonlySet<number> = new Set([0x21, 0x3f]);

/** The case of each byte from 0x80 on in windows-1251: 1 for a small letter, 2 for a capital, 0 for no letter. */
const CYRILLIC_CASE = Uint8Array.from(
  CHARACTERS["windows-1251"],
  (character) => /\p{Ll}/u.test(character) ? 1 : /\p{Lu}/u.test(character) ? 2 : 0,
);

/** How well a text fits the likeliest language of an encoding. */
interface Fit {
  /** The logarithm of the likelihood of the text's bytes. */
  readonly likelihood: number;
  /** The letters, and the average logarithm of the likelihood of each. */
  readonly letters: number;
  readonly average: number;
}

function fitTo(counts: Float64Array, encoding: LegacyEncoding): Fit {
  const isLetter = IS_LETTER[encoding] ?? [];
  const letters = lettersIn(counts, encoding);
  const fits = LANGUAGES.filter((language) => language.encoding === encoding).map(({ logs }) => {
    let [likelihood, ofLetters] = [0, 0];
    for (const [at, count] of counts.entries()) {
      const log = count * (logs[at] ?? 0);
      likelihood += log;
      if (isLetter[at] === true) ofLetters += log;
    }
    return { likelihood, letters, average: ofLetters / letters };
  });
  return fits.reduce((best, fit) => fit.likelihood > best.likelihood ? fit : best);
}

function isGoodFit({ letters, average }: Fit): boolean {
  return letters >= GUESS_MIN_LETTERS && average >= LEAST_FIT;
}

/**
 * Guesses between the two encodings of Latin letters. The default is windows-1252.
 *
 * @param marks those of the bytes that are no letters of words
 * @param openers those of the bytes that may be `¡` and `¿` before words, but also letters at their start
 * @param amounts the number of marks before a digit
 */
function guessLatin(
  counts: Float64Array,
  marks: Float64Array,
  openers: Float64Array,
  amounts: number,
): EncodingGuess {
  const without = marks.map((count, at) => count + (openers[at] ?? 0));
  const guess = compareLatin(counts, marks, amounts);
  if (openers.every((count) => count === 0)) return guess;
  const other = compareLatin(counts, without, amounts);
  // Where the rest of the letters decides otherwise, or nothing, the guess hangs on what may be a letter or not.
  if (other.letters === 0) return { ...guess, isCertain: false };
  return other.encoding === guess.encoding ? guess : { ...other, isCertain: false };
}

function compareLatin(counts: Float64Array, marks: Float64Array, amounts: number): EncodingGuess {
  const inWords = counts.map((count, at) => count - (marks[at] ?? 0));
  const central = fitTo(inWords, "windows-1250");
  const western = fitTo(inWords, "windows-1252");
  const lead = central.likelihood - western.likelihood - amounts * AMOUNT_MARGIN;
  const isCentral = lead > 0;
  const fit = isCentral ? central : western;
  const isSame = counts.every((count, at) =>
    count === 0 || CHARACTERS["windows-1250"][at] === CHARACTERS["windows-1252"][at]
  );
  const isClear = isSame || Math.abs(lead) >= LATIN_MARGIN;
  return {
    encoding: isCentral ? "windows-1250" : "windows-1252",
    letters: fit.letters,
    isCertain: isClear && isGoodFit(fit),
  };
}

/** Creates the counts of one text, all zero. */
export function createByteCounts(): ByteCounts {
  const counts = new Float64Array(128);
  /** Of these, the bytes that stand alone and are no letters of windows-1252, as in `£5` and `1 ½`; and ordinals. */
  const marks = new Float64Array(128);
  const openers = new Float64Array(128);
  /** The number of the former before a digit. */
  let amounts = 0;
  let length = 0;
  let last = 0;
  // In Cyrillic text, all letters of a word are above 0x7F. In Latin text, they stand among ASCII letters.
  let cyrillic = 0;
  let latin = 0;
  let inversions = 0;
  let withSymbol = 0;
  let isMixed = false;
  let letters = 0;
  let symbols = 0;
  let lastCase = 0;
  return {
    startWord(_offset, isAfterLetter) {
      isMixed = isAfterLetter;
      length = 0;
      letters = 0;
      symbols = 0;
      lastCase = 0;
    },
    addToWord(bytes, from, to) {
      for (let at = from; at < to; at++) {
        const index = (bytes[at] ?? 0) & 0x7f;
        counts[index] = (counts[index] ?? 0) + 1;
        letters += IS_ANY_LETTER[index] ?? 0;
        symbols += IS_SYMBOL[index] ?? 0;
        const letterCase = CYRILLIC_CASE[index] ?? 0;
        if (lastCase === 1 && letterCase === 2) inversions++;
        lastCase = letterCase;
        last = index;
      }
      length += to - from;
    },
    endWord(isBeforeLetter, isBeforeDigit) {
      const isAlone = length === 1 && !isMixed && IS_LETTER["windows-1252"]?.[last] !== true;
      if (!isBeforeLetter && (isAlone || ORDINALS.has(last))) {
        marks[last] = (marks[last] ?? 0) + 1;
        if (isAlone && isBeforeDigit && IS_ANY_LETTER[last] === 1) amounts++;
      }
      if (length === 1 && !isMixed && isBeforeLetter && OPENERS.has(last)) {
        openers[last] = (openers[last] ?? 0) + 1;
      }
      if (letters > 0 && (isMixed || isBeforeLetter)) latin++;
      else if (letters > 1) cyrillic++;
      else if (symbols > 0 && isMixed && isBeforeLetter) withSymbol++;
    },
    // The more frequent kind of word decides; Latin is the default.
    guess() {
      const isClear = Math.min(cyrillic, latin) * SCRIPT_MARGIN <= Math.max(cyrillic, latin);
      const hasFewSymbols = withSymbol * WORDS_A_SYMBOL <= latin;
      if (cyrillic <= latin) {
        const guess = guessLatin(counts, marks, openers, amounts);
        return { ...guess, isCertain: guess.isCertain && isClear && hasFewSymbols && latin > 0 };
      }
      const fit = fitTo(counts, "windows-1251");
      const hasUsualCase = inversions * WORDS_AN_INVERSION <= cyrillic;
      const isCertain = isClear && hasUsualCase && isGoodFit(fit);
      return { encoding: "windows-1251", letters: fit.letters, isCertain };
    },
  };
}
