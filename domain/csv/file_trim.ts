/** Trims the white space around a file while it is streamed. */
import { OBSCURE_WHITESPACE } from "../recipient/whitespace.ts";
import { isSpaceCode, strip } from "../python_compat/text.ts";
import type { Delimiter } from "./tokenizer.ts";

/** Trims the white space around one file. Call `push` for each chunk, then `end` once. */
export interface FileTrim {
  /**
   * Takes the next chunk.
   *
   * @returns the text that is now known not to be trailing white space, in pieces no longer than the chunks; empty
   * while the file may end here
   */
  push(text: string): readonly string[];
  /** Ends the file. @returns the part of the buffered white space that is not trimmed */
  end(): string;
  /** The number of lines trimmed at the start so far. */
  trimmedLines(): number;
  /** The number of characters that are buffered because they may be the end of the file. */
  bufferedLength(): number;
}

/** Characters below have an entry in a table: a file may end in millions of blanks. */
const ASCII = 0x80;
const BLANKS: ReadonlySet<string> = new Set([..." \t\n\r\v\f", ...OBSCURE_WHITESPACE]);

function tableOf(holds: (character: string) => boolean): (text: string, at: number) => boolean {
  const table = Array.from({ length: ASCII }, (_, code) => holds(String.fromCharCode(code)));
  return (text, at) => table[text.charCodeAt(at)] ?? holds(text.charAt(at));
}

/**
 * Creates the trim of one file: it removes white space at the start, and white space and delimiters at the end.
 *
 * As GOV.UK Notify does, it removes a fixed set of blanks first, and then Python's white space. In a file with tabs as
 * delimiters, a tab at the start is an empty cell and stays.
 */
export function createFileTrim(delimiter: Delimiter): FileTrim {
  const isTrailing = (character: string) => character === delimiter || BLANKS.has(character);
  const trailing = tableOf(isTrailing);
  const trailingOrSpace = tableOf((character) =>
    isTrailing(character) || isSpaceCode(character.charCodeAt(0))
  );
  const isLeading = (character: string) => BLANKS.has(character) && character !== delimiter;
  let phase: "blanks" | "spaces" | "inside" = "blanks";
  let buffer: string[] = [];
  let bufferedLength = 0;
  let trimmedLines = 0;
  let lastTrimmed = "";

  function countLines(trimmed: string): void {
    if (trimmed === "") return;
    trimmedLines += trimmed.match(/\r\n|\r|\n/g)?.length ?? 0;
    // CR and LF of one line end may be in two chunks.
    if (lastTrimmed === "\r" && trimmed.startsWith("\n")) trimmedLines--;
    lastTrimmed = trimmed.charAt(trimmed.length - 1);
  }

  function skipStart(text: string): string {
    let start = 0;
    if (phase === "blanks") {
      while (start < text.length && isLeading(text.charAt(start))) start++;
      if (start < text.length) phase = "spaces";
    }
    if (phase === "spaces") {
      while (
        start < text.length && isSpaceCode(text.charCodeAt(start)) &&
        text.charAt(start) !== delimiter
      ) start++;
      if (start < text.length) phase = "inside";
    }
    countLines(text.slice(0, start));
    return text.slice(start);
  }

  function store(text: string): void {
    if (text === "") return;
    buffer.push(text);
    bufferedLength += text.length;
  }

  function release(): string[] {
    const pieces = buffer;
    buffer = [];
    bufferedLength = 0;
    return pieces;
  }

  return {
    trimmedLines: () => trimmedLines,
    bufferedLength: () => bufferedLength,
    push(chunk) {
      const text = phase === "inside" ? chunk : skipStart(chunk);
      let end = text.length;
      while (end > 0 && trailingOrSpace(text, end - 1)) end--;
      const inside = end === 0 ? [] : [...release(), text.slice(0, end)];
      store(text.slice(end));
      return inside;
    },
    end() {
      const rest = release().join("");
      let end = rest.length;
      while (end > 0 && trailing(rest, end - 1)) end--;
      // The `x` stands for the text before, so that `strip` trims the end only.
      const kept = strip(`x${rest.slice(0, end)}`);
      return kept.slice(1);
    },
  };
}
