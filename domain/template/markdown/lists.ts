/**
 * Finds the lists in what the grammar reads as one: their items have one kind of mark, and their numbers count up by one.
 * A number that does not, such as that of a date, is text: in a list it would become another number.
 */
import { type DefinitionReader, skipLineEnds } from "./definitions.ts";
import { isFootnote, isListRule, readBullet } from "./lines.ts";

/** A part of the source that is rendered as one list. */
export interface ListRun {
  /** The number of the first item; `undefined` for bullets. */
  readonly start: number | undefined;
  /** The sources of the items, with their marks. */
  readonly items: readonly string[];
  /** The index in the text after the last item. */
  readonly end: number;
}

/** By the index in the text of an item that begins a list: the list. By that of an item that is text: `undefined`. */
type ListRuns = ReadonlyMap<number, ListRun | undefined>;

/** A number as a list shows it: in ASCII digits, without a leading zero, and small enough for every mail program. */
const COUNTING = /^(?:0|[1-9][0-9]{0,8})$/;
const DIGIT = /^\p{Nd}/u;

interface Item {
  readonly at: number;
  readonly isBullet: boolean;
  /** The number in front of it, unless a list could not show it unchanged, as with `07.` and `14.50`. */
  readonly number: number | undefined;
}

/** The indexes of the lines of a list that begin with a mark at the indent of the previous item. */
function itemStarts(source: string): readonly number[] {
  const starts = [0];
  const indent = readBullet(source)?.indent ?? "";
  for (let end = source.indexOf("\n"); end !== -1; end = source.indexOf("\n", end + 1)) {
    const next = end + 1;
    if (!source.startsWith(indent, next)) continue;
    const lineEnd = source.indexOf("\n", next);
    const line = source.slice(next + indent.length, lineEnd === -1 ? source.length : lineEnd);
    if (readBullet(line)?.indent === "") starts.push(next);
  }
  return starts;
}

function readItem(source: string, at: number): Item {
  const lineEnd = source.indexOf("\n", at);
  const line = source.slice(at, lineEnd === -1 ? source.length : lineEnd);
  const { indent = "", mark = "" } = readBullet(line) ?? {};
  const digits = mark.endsWith(".") ? mark.slice(0, -1) : "";
  const counts = COUNTING.test(digits) && !DIGIT.test(line.slice(indent.length + mark.length));
  return { at, isBullet: digits === "", number: counts ? Number(digits) : undefined };
}

function continues(item: Item, previous: Item): boolean {
  if (item.isBullet || previous.isBullet) return item.isBullet && previous.isBullet;
  return item.number !== undefined && previous.number !== undefined &&
    item.number === previous.number + 1;
}

/** Divides items where the kind of mark changes, or the numbers do not count up by one. */
function groupItems(items: readonly Item[]): readonly (readonly Item[])[] {
  const groups: Item[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    if (group !== undefined && previous !== undefined && continues(item, previous)) {
      group.push(item);
    } else groups.push([item]);
  }
  return groups;
}

/**
 * Divides what the grammar reads as one list into lists and text. An item whose number continues no other is text,
 * except one with the number 0 or 1 that is the only numbered item.
 *
 * @param source the list
 * @param from its index in the text
 */
function findListRuns(source: string, from: number): ListRuns {
  const starts = itemStarts(source);
  const groups = groupItems(starts.map((at) => readItem(source, at)));
  const numbered = groups.filter(([first]) => first?.isBullet === false);
  const isList = (group: readonly Item[]) => {
    const [{ isBullet, number } = { isBullet: true, number: undefined }] = group;
    return isBullet || group.length > 1 ||
      (numbered.length === 1 && number !== undefined && number <= 1);
  };
  const runs = new Map<number, ListRun | undefined>();
  let read = 0;
  for (const group of groups) {
    const first = read;
    read += group.length;
    const begin = starts[first] ?? 0;
    if (!isList(group)) {
      runs.set(from + begin, undefined);
      continue;
    }
    const end = starts[read] ?? source.length;
    const items = group.map(({ at }, index) => {
      const next = starts[first + index + 1];
      return source.slice(at, next === undefined ? source.length : next - 1);
    });
    runs.set(from + begin, { start: group[0]?.number, items, end: from + end });
  }
  return runs;
}

/** The most indents at which numbered lines are read as lists. A line at a further one is text. */
const MAX_INDENTS = 6;

/**
 * Finds lists in one text. Reads must have increasing offsets. Each line is read once for each of at most
 * {@link MAX_INDENTS} indents, so that the time stays linear in the text.
 */
export class ListReader {
  readonly #text: string;
  readonly #definitions: DefinitionReader;
  /** The lists found so far, and the numbered lines that are text. */
  #runs: Map<number, ListRun | undefined> | undefined;
  /** The indents of numbered lines so far. */
  #indents: Set<number> | undefined;

  /** @param definitions of the same text: a definition ends a list */
  constructor(text: string, definitions: DefinitionReader) {
    this.#text = text;
    this.#definitions = definitions;
  }

  /**
   * Reads the list that begins with the line at `from`.
   *
   * @returns `undefined` when the line begins none: it has no mark, no text follows the mark, or its number is text
   */
  read(from: number, line: string): ListRun | undefined {
    const bullet = readBullet(line);
    if (bullet === undefined) return undefined;
    if (this.#runs?.has(from)) return this.#runs.get(from);
    const { indent, mark } = bullet;
    const markEnd = from + indent.length + mark.length;
    if (markEnd >= this.#text.length) return undefined;
    if (mark.endsWith(".") && !this.#mayRead(indent)) return undefined;
    const end = this.#listEnd(indent, markEnd);
    const runs = findListRuns(this.#text.slice(from, end), from);
    this.#runs ??= new Map();
    for (const [at, run] of runs) this.#runs.set(at, run);
    return runs.get(from);
  }

  #mayRead(indent: string): boolean {
    this.#indents ??= new Set();
    if (this.#indents.size < MAX_INDENTS) this.#indents.add(indent.length);
    return this.#indents.has(indent.length);
  }

  #lineAt(from: number): string {
    const end = this.#text.indexOf("\n", from);
    return this.#text.slice(from, end === -1 ? this.#text.length : end);
  }

  /** The end of the list that begins here: before a rule or a definition, or at a gap without a following item. */
  #listEnd(indent: string, markEnd: number): number {
    const text = this.#text;
    for (let at = text.indexOf("\n", markEnd); at !== -1; at = text.indexOf("\n", at)) {
      const next = skipLineEnds(text, at);
      const gap = next - at;
      const line = this.#lineAt(next);
      // The mark must be followed by a character, which may be a line end.
      if (at === markEnd) {
        if (gap === 1) {
          at = next;
          continue;
        }
      }
      if (
        isListRule(line, indent) || this.#definitions.read(next) !== undefined ||
        isFootnote(line)
      ) return next;
      const gapLeft = at === markEnd ? gap - 1 : gap;
      if (gapLeft > 2) return next;
      if (gapLeft === 2 && !line.startsWith(" ")) {
        const bullet = line.startsWith(indent)
          ? /^(?:[•*-]|\p{Nd}+\.) /u.test(line.slice(indent.length))
          : false;
        if (!bullet) return next;
      }
      at = next;
    }
    return text.length;
  }
}

/** Removes an item's mark, and the same width of indentation from its further lines. */
export function outdent(whole: string): string {
  const item = whole.replace(/^ *(?:[•*-]|\p{Nd}+\.)/u, "");
  if (!item.includes("\n ")) return item;
  const width = whole.length - item.length;
  return item.replace(new RegExp(`(?<![^\\n]) {1,${width}}`, "g"), "");
}
