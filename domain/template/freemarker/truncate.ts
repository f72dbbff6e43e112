/** The built-ins that shorten a text to a number of characters: `?truncate`, `?truncate_w`, `?truncate_c`. */
import { type BuiltInEntry, ofText, textAt, wholeAt } from "./built_in.ts";

/** Where a text may be cut. */
type Mode = "auto" | "word" | "character";

const TERMINATOR = "[...]";
/** A cut at a word must keep this part of the length. */
const LEAST_PART = 0.75;

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text.charAt(at));
}

function isWordEnd(text: string, at: number): boolean {
  return at + 1 >= text.length || isSpace(text, at + 1);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at >= 0 && isSpace(text, at)) at--;
  return at;
}

/** The start of the text up to the end of a word, or `undefined` where none is near enough. */
function atWord(text: string, most: number, terminator: number, mode: Mode, last: number) {
  const space = terminator + 1;
  const least = mode === "auto" ? Math.max(Math.ceil(most * LEAST_PART) - space - 1, 0) : 0;
  for (let at = Math.min(most - space - 1, last); at >= least; at--) {
    if (!isSpace(text, at) && isWordEnd(text, at)) return `${text.slice(0, at + 1)} `;
  }
  return undefined;
}

function atCharacter(text: string, initial: number, first: number): string | undefined {
  let at = first;
  if (at === initial && isWordEnd(text, at)) at--;
  at = skipSpace(text, at);
  if (at < 0) return undefined;
  return text.slice(0, at + 1) + (isWordEnd(text, at) ? " " : "");
}

function shorten(text: string, most: number, terminator: string, size: number, mode: Mode): string {
  if (text.length <= most) return text;
  const initial = most - size - 1;
  const last = skipSpace(text, initial);
  if (last < 0) return terminator;
  const word = mode === "character" ? undefined : atWord(text, most, size, mode, last);
  const start = word ?? (mode === "word" ? undefined : atCharacter(text, initial, last));
  return (start ?? "") + terminator;
}

function truncate(mode: Mode): BuiltInEntry {
  return ofText([1, 3], "string", (text, parameters, context) => {
    const most = wholeAt(parameters, 0);
    const terminator = parameters.length > 1 ? textAt(parameters, 1, context) : TERMINATOR;
    if (most === undefined || most < 0 || terminator === undefined) return undefined;
    const size = parameters.length > 2 ? wholeAt(parameters, 2) : terminator.length;
    return size === undefined || size < 0 ? undefined : shorten(text, most, terminator, size, mode);
  });
}

/**
 * The built-ins that shorten a text: `?truncate_w` cuts it at the end of a word, `?truncate` also where one is near,
 * and `?truncate_c` at any character.
 */
export const TRUNCATE_BUILT_INS = {
  truncate: truncate("auto"),
  truncate_w: truncate("word"),
  truncate_c: truncate("character"),
} as const satisfies Record<string, BuiltInEntry>;
