/**
 * `JSON.parse` in steps. A long array or object is parsed by runs of its items, each by `JSON.parse`; what is itself
 * long, an item or a string, is read in the same way.
 */
import type { Steps } from "../steps/steps.ts";
import { isEscaped, JSON_CODES, skipBlanks, skipString } from "./json_text.ts";
import { quoteLongIntegers } from "./long_integers.ts";

/** How many characters make a run; a text of twice as many is parsed at once. */
const RUN_CHARACTERS = 32_768;

/** Options of {@link parseJsonInSteps}. */
export interface ParseOptions {
  /** Whether integers that a double cannot represent exactly become strings of their digits; `false` by default. */
  readonly keepsLongIntegers?: boolean;
  /** How many characters are parsed in one step, or up to twice as many; 32,768 by default. */
  readonly runCharacters?: number;
}

/** The text that is read, and how. */
interface Source {
  readonly text: string;
  readonly runCharacters: number;
  /** As `JSON.parse`. */
  readonly parse: (text: string) => unknown;
}

/** A value, and the index after it. */
interface Read {
  readonly value: unknown;
  readonly end: number;
}

/** Items of an array or object that are parsed together. */
interface Run {
  /** The index of the comma or bracket after it. */
  readonly end: number;
  /** Whether the array or object ends there. */
  readonly isLast: boolean;
}

/**
 * Parses JSON text with the result of `JSON.parse`. It yields between its steps, so that the caller can serve other
 * requests. It is recursive in the depth of nesting, so the caller must limit that first.
 *
 * @returns `undefined` when the text is not valid JSON
 */
export function* parseJsonInSteps(
  text: string,
  { keepsLongIntegers = false, runCharacters = RUN_CHARACTERS }: ParseOptions = {},
): Steps<unknown> {
  const parse: Source["parse"] = keepsLongIntegers
    ? (part) => JSON.parse(quoteLongIntegers(part))
    : (part) => JSON.parse(part);
  try {
    if (text.length <= 2 * runCharacters) return parse(text);
    const { value, end } = yield* readValue({ text, runCharacters, parse }, 0);
    return skipBlanks(text, end) === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function* readValue(source: Source, from: number): Steps<Read> {
  const { text, parse } = source;
  const start = skipBlanks(text, from);
  switch (text.charCodeAt(start)) {
    case JSON_CODES.openArray:
      return yield* readArray(source, start);
    case JSON_CODES.openObject:
      return yield* readObject(source, start);
    case JSON_CODES.quote:
      return yield* readString(source, start);
    default: {
      const end = endOfWord(text, start);
      return { value: parse(text.slice(start, end)), end };
    }
  }
}

function* readArray(source: Source, start: number): Steps<Read> {
  const { text, parse } = source;
  const items: unknown[] = [];
  for (let from = start + 1;;) {
    yield;
    const run = findRun(source, from);
    if (run === undefined) {
      const item = yield* readValue(source, from);
      items.push(item.value);
      const next = nextItem(text, item.end, JSON_CODES.closeArray);
      if (next === undefined) return { value: items, end: skipBlanks(text, item.end) + 1 };
      from = next;
      continue;
    }
    const parsed = parse(`[${text.slice(from, run.end)}]`);
    if (!Array.isArray(parsed)) throw notJson();
    checkRun(text, run, { isEmpty: parsed.length === 0, isFirst: from === start + 1 }, "]");
    for (const item of parsed) items.push(item);
    if (run.isLast) return { value: items, end: run.end + 1 };
    from = run.end + 1;
  }
}

function* readObject(source: Source, start: number): Steps<Read> {
  const { text, parse } = source;
  let members: Readonly<Record<string, unknown>> = {};
  for (let from = start + 1;;) {
    yield;
    const run = findRun(source, from);
    if (run === undefined) {
      const { value: name, end } = yield* readName(source, from);
      const member = yield* readValue(source, end);
      // A computed name makes a member of its own even of `__proto__`, as `JSON.parse` does.
      members = { ...members, [name]: member.value };
      const next = nextItem(text, member.end, JSON_CODES.closeObject);
      if (next === undefined) return { value: members, end: skipBlanks(text, member.end) + 1 };
      from = next;
      continue;
    }
    const parsed = parse(`{${text.slice(from, run.end)}}`);
    if (typeof parsed !== "object" || parsed === null) throw notJson();
    const isEmpty = skipBlanks(text, from) === run.end;
    checkRun(text, run, { isEmpty, isFirst: from === start + 1 }, "}");
    members = { ...members, ...parsed };
    if (run.isLast) return { value: members, end: run.end + 1 };
    from = run.end + 1;
  }
}

/** Reads a name and the colon after it. */
function* readName(
  source: Source,
  from: number,
): Steps<{ readonly value: string; readonly end: number }> {
  const { text } = source;
  const start = skipBlanks(text, from);
  if (text.charCodeAt(start) !== JSON_CODES.quote) throw notJson();
  const { value, end } = yield* readString(source, start);
  const colon = skipBlanks(text, end);
  if (typeof value !== "string" || text.charCodeAt(colon) !== JSON_CODES.colon) throw notJson();
  return { value, end: colon + 1 };
}

/** Reads a string by pieces that end between two characters as written. */
function* readString({ text, runCharacters }: Source, start: number): Steps<Read> {
  const pieces: unknown[] = [];
  for (let from = start + 1;;) {
    const close = skipString(text, from - 1, from, from + runCharacters);
    if (close === text.length) throw notJson();
    const end = close ?? endOfPiece(text, from, from + runCharacters);
    pieces.push(JSON.parse(`"${text.slice(from, end)}"`));
    if (close !== undefined) return { value: pieces.join(""), end: close + 1 };
    from = end;
    yield;
  }
}

/** The last index, at most `end`, where no escape sequence is cut. */
function endOfPiece(text: string, from: number, end: number): number {
  for (let back = 1; back < 6 && end - back >= from; back++) {
    const at = end - back;
    if (text.charCodeAt(at) !== JSON_CODES.backslash || isEscaped(text, at, from - 1)) continue;
    const length = text[at + 1] === "u" ? 6 : 2;
    // A piece is at least one character as written.
    if (length > back) return at > from ? at : at + length;
  }
  return end;
}

/**
 * Finds the end of as many items as make a run.
 *
 * @returns `undefined` when the first item is longer than that
 * @throws {SyntaxError} when the text ends before the array or object does
 */
function findRun({ text, runCharacters }: Source, from: number): Run | undefined {
  const farthest = from + 2 * runCharacters;
  let depth = 0;
  let lastComma: number | undefined;
  for (let at = from; at < text.length; at++) {
    if (at > farthest) {
      return lastComma === undefined ? undefined : { end: lastComma, isLast: false };
    }
    switch (text.charCodeAt(at)) {
      case JSON_CODES.quote:
        // A string that goes on after the run ends the search at the next character.
        at = skipString(text, at, at, farthest) ?? farthest;
        break;
      case JSON_CODES.openArray:
      case JSON_CODES.openObject:
        depth++;
        break;
      case JSON_CODES.closeArray:
      case JSON_CODES.closeObject:
        if (depth === 0) return { end: at, isLast: true };
        depth--;
        break;
      case JSON_CODES.comma:
        if (depth > 0) break;
        lastComma = at;
        if (at - from >= runCharacters) return { end: at, isLast: false };
    }
  }
  throw notJson();
}

/** Checks what `JSON.parse` of a run alone does not see: its bracket, and commas at its ends. */
function checkRun(
  text: string,
  { end, isLast }: Run,
  { isEmpty, isFirst }: { readonly isEmpty: boolean; readonly isFirst: boolean },
  bracket: "]" | "}",
): void {
  if (isEmpty && !(isFirst && isLast)) throw notJson();
  if (isLast && text[end] !== bracket) throw notJson();
}

/** The index after the comma that follows an item; `undefined` when the closing bracket follows. */
function nextItem(text: string, end: number, bracket: number): number | undefined {
  const at = skipBlanks(text, end);
  const code = text.charCodeAt(at);
  if (code === JSON_CODES.comma) return at + 1;
  if (code === bracket) return undefined;
  throw notJson();
}

/** The end of a number or of `true`, `false` or `null`. */
function endOfWord(text: string, start: number): number {
  let end = start;
  while (end < text.length && !/[\s,\]}]/.test(text.charAt(end))) end++;
  return end;
}

function notJson(): SyntaxError {
  return new SyntaxError("not JSON");
}
