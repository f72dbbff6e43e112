import { stripEnd } from "../../python_compat/text.ts";
import { skipLineEnds } from "./definitions.ts";
import { readFence } from "./lines.ts";

/** A fenced code block: its text, and the index after it. */
export interface Fence {
  readonly text: string;
  readonly end: number;
}

/** Finds fenced code in one text. Caches which fences have no end, so that all searches take linear time in total. */
export class FenceReader {
  readonly #text: string;
  /** For each mark, the shortest fence that is known to stay unclosed from here on. */
  #unclosed: Map<string, number> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads the code block that the line at `from` opens; `undefined` where it is not closed. */
  read(from: number, line: string): Fence | undefined {
    const marks = readFence(line);
    if (marks === undefined) return undefined;
    const mark = marks.charAt(0);
    const start = from + line.length + 1;
    // Further tildes may be parsed as a language name, so a shorter fence can close a longer one.
    return this.#close(start, mark, marks.length) ??
      (mark === "~" && marks.length > 3 ? this.#close(start, mark, 3) : undefined);
  }

  #close(start: number, mark: string, length: number): Fence | undefined {
    const text = this.#text;
    if (length >= (this.#unclosed?.get(mark) ?? Number.POSITIVE_INFINITY)) return undefined;
    for (let lineStart = start; lineStart <= text.length;) {
      const lineBreak = text.indexOf("\n", lineStart);
      const lineEnd = lineBreak === -1 ? text.length : lineBreak;
      let end = lineEnd;
      while (end > lineStart && text.charCodeAt(end - 1) === 0x20) end--;
      let run = end;
      while (run > lineStart && run > start + 1 && text.charAt(run - 1) === mark) run--;
      if (end - run >= length) {
        const body = text.slice(start, run);
        const trimmed = stripEnd(body);
        return {
          text: trimmed === "" ? body.slice(0, 1) : trimmed,
          end: skipLineEnds(text, lineEnd),
        };
      }
      lineStart = lineEnd + 1;
    }
    this.#unclosed ??= new Map();
    this.#unclosed.set(mark, length);
    return undefined;
  }
}
