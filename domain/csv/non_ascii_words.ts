/** Finds the words of a text whose encoding is not known: series of bytes that are not ASCII. */

/**
 * Receives the words of one text from a {@link WordScanner}, in order. A word is a series of bytes that are not ASCII.
 */
export interface WordListener {
  /**
   * A word begins.
   *
   * @param offset its place in the text, in bytes
   * @param isAfterLetter whether an ASCII letter stands right before it
   */
  startWord(offset: number, isAfterLetter: boolean): void;
  /**
   * The word has the bytes from `from` to before `to`; a word in several chunks has several such parts.
   *
   * @param offset the place of the byte at `from` in the text
   */
  addToWord(bytes: Uint8Array, from: number, to: number, offset: number): void;
  /**
   * The word ends.
   *
   * @param isBeforeLetter whether an ASCII letter stands right after it
   * @param isBeforeDigit whether a digit stands right after it
   */
  endWord(isBeforeLetter: boolean, isBeforeDigit: boolean): void;
}

/** Finds the words of one text and passes them to its listeners. */
export interface WordScanner {
  /** Takes the next bytes of the text. */
  add(bytes: Uint8Array): void;
  /** Ends the text, and the word at its end. */
  end(): void;
}

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isAsciiDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Creates the scanner of one text. It passes every word to each listener. */
export function createWordScanner(...listeners: readonly WordListener[]): WordScanner {
  let offset = 0;
  let isInWord = false;
  let isAfterLetter = false;

  function readWord(bytes: Uint8Array, from: number, to: number): void {
    for (const listener of listeners) {
      if (!isInWord) listener.startWord(offset + from, isAfterLetter);
      listener.addToWord(bytes, from, to, offset + from);
    }
    isInWord = true;
  }

  function endWord(next = 0): void {
    if (!isInWord) return;
    isInWord = false;
    for (const listener of listeners) listener.endWord(isAsciiLetter(next), isAsciiDigit(next));
  }

  return {
    add(bytes) {
      const { length } = bytes;
      for (let at = 0; at < length;) {
        const start = at;
        while (at < length && (bytes[at] ?? 0) >= 0x80) at++;
        if (at > start) readWord(bytes, start, at);
        if (at === length) break;
        endWord(bytes[at]);
        while (at < length && (bytes[at] ?? 0) < 0x80) at++;
        isAfterLetter = isAsciiLetter(bytes[at - 1] ?? 0);
      }
      offset += length;
    },
    end: () => endWord(),
  };
}
