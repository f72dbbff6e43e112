/** The white space round a file, which is no part of it, taken off a piece at a time. No I/O and no clock. */
import { OBSCURE_WHITESPACE } from "../recipient/whitespace.ts";
import { isSpaceCode, strip } from "../python_compat/text.ts";
import type { Delimiter } from "./tokenizer.ts";

/** What is left of a file when the blanks at its ends are off. */
export interface FileTrim {
  /** The text that is certainly inside the file. */
  push(text: string): string;
  /** The rest of it: blanks that stay. */
  end(): string;
  /** How many lines were taken off at the start. */
  linesOff(): number;
  /** How many characters are held back, for they may be the file's end. */
  held(): number;
}

const BLANKS: ReadonlySet<string> = new Set([..." \t\n\r\v\f", ...OBSCURE_WHITESPACE]);

/**
 * Starts the trim of a file: white space at its start is off, and white space and delimiters at its end: what follows the
 * last value.
 *
 * The peer takes off its own blanks first and then what its language calls white space. In a file of tabs, a tab at the
 * start is a cell and stays.
 */
export function createFileTrim(delimiter: Delimiter): FileTrim {
  const isTrailing = (character: string) => character === delimiter || BLANKS.has(character);
  const isLeading = (character: string) => BLANKS.has(character) && character !== delimiter;
  let phase: "blanks" | "spaces" | "inside" = "blanks";
  let held: string[] = [];
  let heldLength = 0;
  let linesOff = 0;
  let lastOff = "";

  function countLines(off: string): void {
    if (off === "") return;
    linesOff += off.match(/\r\n|\r|\n/g)?.length ?? 0;
    // A line's end may be cut in two.
    if (lastOff === "\r" && off.startsWith("\n")) linesOff--;
    lastOff = off.charAt(off.length - 1);
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

  function hold(text: string): void {
    if (text === "") return;
    held.push(text);
    heldLength += text.length;
  }

  function release(): string {
    const text = held.join("");
    held = [];
    heldLength = 0;
    return text;
  }

  return {
    linesOff: () => linesOff,
    held: () => heldLength,
    push(piece) {
      const text = phase === "inside" ? piece : skipStart(piece);
      let end = text.length;
      while (
        end > 0 && (isTrailing(text.charAt(end - 1)) || isSpaceCode(text.charCodeAt(end - 1)))
      ) end--;
      const inside = end === 0 ? "" : release() + text.slice(0, end);
      hold(text.slice(end));
      return inside;
    },
    end() {
      const rest = release();
      let end = rest.length;
      while (end > 0 && isTrailing(rest.charAt(end - 1))) end--;
      // A character that is no blank was before, or else the start is trimmed: only the end can be off.
      const kept = strip(`x${rest.slice(0, end)}`);
      return kept.slice(1);
    },
  };
}
