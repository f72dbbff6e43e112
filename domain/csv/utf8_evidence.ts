/** Counts what speaks for and against UTF-8 in the bytes of a text. */
import type { WordListener } from "./non_ascii_words.ts";

/**
 * The blocks whose characters are written in lists, in UTF-8. A sequence of bytes that gives any other character, such
 * as a phonetic sign, is no evidence: letters of windows-1251 or -1250 that happen to be next to each other look like one
 * (`Кі` is U+02B3).
 */
const COMMON_BLOCKS: readonly (readonly [from: number, to: number])[] = [
  [0xa0, 0x131],
  [0x134, 0x137],
  [0x139, 0x148],
  [0x14a, 0x17e],
  [0x18f, 0x18f],
  [0x1a0, 0x1a1],
  [0x1af, 0x1b0],
  [0x218, 0x21b],
  [0x259, 0x259],
  [0x300, 0x30c],
  [0x323, 0x328],
  [0x386, 0x3ce],
  [0x400, 0x45f],
  [0x490, 0x4ff],
  [0x531, 0x587],
  [0x5d0, 0x5ea],
  [0x60c, 0x6ff],
  [0x900, 0xeff],
  [0x10a0, 0x22ff],
  [0x2460, 0x27bf],
  [0x3000, 0x33ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xfb00, 0xfb06],
  [0xfe00, 0xfffd],
  [0x1f000, 0x1faff],
];
/** The last character of the blocks above that stands beside ASCII letters in a word: Latin letters and accents. */
const LAST_LATIN = 0x36f;
/** From here on characters stand beside letters of any script: punctuation, currency signs and symbols. */
const FIRST_SYMBOL = 0x1e00;

/**
 * A word of at least this many well-formed characters, each of several bytes, proves UTF-8: other text never has one.
 */
export const SURE_WORD_LENGTH = 3;
/** This many well-formed words without a fault before or between them show that a text is UTF-8. */
export const SURE_WORDS = 8;

/** What was found in the bytes so far. A word is a series of non-ASCII bytes. Offsets count from the first byte. */
export interface Utf8Findings {
  /** Words that are mostly well-formed UTF-8, of characters that are in use. */
  readonly goodWords: number;
  /** Bytes or incomplete sequences that are not UTF-8. */
  readonly faults: number;
  /** Words that have more faults than well-formed characters, or equally many. */
  readonly badWords: number;
  /** Good words without a fault that have {@link SURE_WORD_LENGTH} characters or more. */
  readonly sureWords: number;
  /** The offset of the first fault; `Infinity` when there is none. */
  readonly firstFault: number;
  /** The offset of the first good word; `Infinity` when there is none. */
  readonly firstGood: number;
  /** How many bad words stand before the first good one. */
  readonly badBeforeGood: number;
}

/** Counts the words of one text, which a `WordScanner` passes to it. The fields change with each word. */
export interface Utf8Evidence extends Utf8Findings, WordListener {}

function isCommon(codePoint: number): boolean {
  return COMMON_BLOCKS.some(([from, to]) => codePoint >= from && codePoint <= to);
}

/** The number of bytes that follow each first byte of a sequence; 0 for a byte that begins none. */
const FOLLOWING = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte < 0xc2 || byte > 0xf4 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3,
);

/** Whether a byte may be the second of a sequence: neither of too long a form, nor a surrogate, nor over U+10FFFF. */
function isSecond(first: number, byte: number): boolean {
  switch (first) {
    case 0xe0:
      return byte >= 0xa0;
    case 0xed:
      return byte < 0xa0;
    case 0xf0:
      return byte >= 0x90;
    case 0xf4:
      return byte < 0x90;
    default:
      return true;
  }
}

/** Creates the counts of one text, all zero. */
export function createUtf8Evidence(): Utf8Evidence {
  let [goodWords, badWords, sureWords, badBeforeGood, faults] = [0, 0, 0, 0, 0];
  let [firstFault, firstGood] = [Infinity, Infinity];
  // Of the word that is being read.
  let wordStart = 0;
  let isMixed = false;
  let [good, foreign, odd, wordFaults] = [0, 0, 0, 0];
  // Of the sequence that is being read: how many bytes it still needs, its first byte and that one's place.
  let [needed, first, start, codePoint] = [0, 0, 0, 0];

  function addFault(offset: number): void {
    if (faults === 0) firstFault = offset;
    faults++;
    wordFaults++;
  }

  function addCharacter(): void {
    if (!isCommon(codePoint)) odd++;
    else {
      good++;
      if (codePoint > LAST_LATIN && codePoint < FIRST_SYMBOL) foreign++;
    }
  }

  /** Adds a byte to the sequence that is being read. @returns `false` when it does not belong to it */
  function addFollowing(byte: number, offset: number): boolean {
    const isValid = (byte & 0xc0) === 0x80 && (offset > start + 1 || isSecond(first, byte));
    if (!isValid) {
      needed = 0;
      addFault(start);
      return false;
    }
    codePoint = (codePoint << 6) | (byte & 0x3f);
    if (--needed === 0) addCharacter();
    return true;
  }

  /** Counts the word. @param letters its characters that are evidence for UTF-8 */
  function countWord(letters: number): void {
    if (letters > wordFaults) {
      if (goodWords++ === 0) firstGood = wordStart;
      if (letters >= SURE_WORD_LENGTH && wordFaults === 0 && odd === 0) sureWords++;
    } else if (wordFaults > 0) {
      badWords++;
      if (goodWords === 0) badBeforeGood++;
    }
  }

  return {
    get goodWords() {
      return goodWords;
    },
    get faults() {
      return faults;
    },
    get badWords() {
      return badWords;
    },
    get sureWords() {
      return sureWords;
    },
    get firstFault() {
      return firstFault;
    },
    get firstGood() {
      return firstGood;
    },
    get badBeforeGood() {
      return badBeforeGood;
    },
    startWord(offset, isAfterLetter) {
      wordStart = offset;
      isMixed = isAfterLetter;
      good = 0;
      foreign = 0;
      odd = 0;
      wordFaults = 0;
    },
    addToWord(bytes, from, to, offset) {
      const moved = offset - from;
      for (let at = from; at < to; at++) {
        const byte = bytes[at] ?? 0;
        if (needed > 0 && addFollowing(byte, at + moved)) continue;
        needed = FOLLOWING[byte] ?? 0;
        if (needed === 0) {
          addFault(at + moved);
          continue;
        }
        first = byte;
        start = at + moved;
        codePoint = byte & (0x3f >> needed);
      }
    },
    endWord(isBeforeLetter) {
      if (needed > 0) addFault(start);
      needed = 0;
      // A Cyrillic letter between ASCII letters is rather two letters of another encoding: `RÓŻA` in windows-1250.
      countWord(isMixed || isBeforeLetter ? good - foreign : good);
    },
  };
}

/**
 * A text with faults that may be windows-1251 counts as such when it has more than this many bad words for each good
 * one: `Рі` in windows-1251 is a good word by chance. As many bad words before the first good one show that the
 * beginning of a mixed text is not UTF-8.
 */
export const BAD_WORDS_A_GOOD_ONE = 10;

/**
 * How a text is to be read: as UTF-8; as another encoding; or not at all, since it has words in UTF-8 and words that are
 * not. `at` is then the offset of a first byte: of the first fault in a text that `begins` as UTF-8, or of the first
 * word in UTF-8 of one that begins in another encoding.
 */
export type Utf8Verdict =
  | { readonly kind: "utf-8" }
  | { readonly kind: "other" }
  | { readonly kind: "mixed"; readonly begins: "utf-8" | "other"; readonly at: number };

/**
 * Whether the text so far proves that the file is UTF-8: it has no fault, and a word of {@link SURE_WORD_LENGTH}
 * characters or {@link SURE_WORDS} good words. A later fault is then a fault in UTF-8.
 */
export function isSurelyUtf8({ faults, sureWords, goodWords }: Utf8Findings): boolean {
  return faults === 0 && (sureWords > 0 || goodWords >= SURE_WORDS);
}

/**
 * Decides how a whole text is read. Without faults it is UTF-8. With faults it is `mixed` when some words must be
 * UTF-8: a good word of {@link SURE_WORD_LENGTH} characters; in Latin text any good word; in Cyrillic text one good
 * word or more for every {@link BAD_WORDS_A_GOOD_ONE} bad ones. Otherwise it is `other`.
 *
 * @param isCyrillic whether the text would be Cyrillic, if it is not UTF-8
 */
export function decideUtf8(found: Utf8Findings, isCyrillic: boolean): Utf8Verdict {
  const { faults, badWords, sureWords, goodWords, badBeforeGood, firstFault, firstGood } = found;
  if (faults === 0) return { kind: "utf-8" };
  const isMixed = sureWords > 0 ||
    (goodWords > 0 && (!isCyrillic || goodWords * BAD_WORDS_A_GOOD_ONE >= badWords));
  if (!isMixed) return { kind: "other" };
  return badBeforeGood >= BAD_WORDS_A_GOOD_ONE
    ? { kind: "mixed", begins: "other", at: firstGood }
    : { kind: "mixed", begins: "utf-8", at: firstFault };
}
