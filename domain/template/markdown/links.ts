import { isSpaceCode, SPACE_CLASS } from "../../python_compat/text.ts";
import { isAddress, unescapeAddress } from "./addresses.ts";
import { pairParentheses } from "./parentheses.ts";
import { nextIndexOf } from "./definitions.ts";

/** An inline link `[label](href "title")` or image: the markdown of its label, its target, and the index after it. */
export interface FoundLink {
  readonly image: boolean;
  readonly label: string;
  readonly href: string;
  readonly title: string | undefined;
  readonly end: number;
}

/**
 * A reference link `[label][reference]`: the markdown of its label, and the name of the definition that it refers to,
 * which the caller looks up.
 */
export interface FoundReference {
  readonly image: boolean;
  readonly label: string;
  readonly reference: string;
  readonly end: number;
}

/** Maximum length of a reference link's label. It keeps the time linear in a text that consists of brackets. */
const MAX_LABEL = 1000;

function isSpace(text: string, at: number): boolean {
  return at < text.length && isSpaceCode(text.charCodeAt(at));
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text, at)) at++;
  return at;
}

/**
 * Finds links in one text. Reads must have increasing offsets. Results of failed reads are cached, so that all reads take
 * linear time in total.
 */
export class LinkReader {
  readonly #text: string;
  readonly #nextParenthesis: (from: number) => number;
  readonly #nextClose: (from: number) => number;
  readonly #nextCaret: (from: number) => number;
  /** Cached positions in labels from which no link can be completed. */
  readonly #dead = new Set<number>();
  #pairs: ((open: number) => number | undefined) | undefined;
  #noTitleEnd = false;
  #noAngleEnd = false;

  constructor(text: string) {
    this.#text = text;
    this.#nextParenthesis = nextIndexOf(text, ")");
    this.#nextClose = nextIndexOf(text, "]");
    this.#nextCaret = nextIndexOf(text, "^");
  }

  /** Reads `[label](href "title")`, or an image, at `from`; `undefined` when none begins there. */
  readLink(from: number): FoundLink | undefined {
    const text = this.#text;
    const image = text.charAt(from) === "!";
    const start = from + (image ? 2 : 1);
    if (text.charAt(start - 1) !== "[") return undefined;
    const closes = this.#labelCloses(start, true);
    for (const close of closes.toReversed()) {
      if (text.charAt(close + 1) !== "(") continue;
      const target = this.#readTarget(close + 2);
      if (target !== undefined) return { image, label: text.slice(start, close), ...target };
    }
    return undefined;
  }

  /**
   * Yields the positions where a label that starts at `start` may close, in order. Inside it, brackets form pairs (one level
   * deep); a closing bracket may be unpaired when another follows before the next opening one.
   */
  #labelCloses(start: number, remember: boolean): readonly number[] {
    const text = this.#text;
    const closes: number[] = [];
    const visited: number[] = [];
    let at = start;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 0x5b) {
        const close = this.#nextClose(at + 1);
        const caret = this.#nextCaret(at + 1);
        if (close === -1 || (caret !== -1 && caret < close)) break;
        at = close + 1;
      } else if (code === 0x5d) {
        closes.push(at);
        const close = this.#nextClose(at + 1);
        if (close === -1) break;
        const open = text.slice(at + 1, close).indexOf("[");
        if (open !== -1) break;
        at++;
      } else {
        at++;
        continue;
      }
      // An earlier read failed from this position.
      if (this.#dead.has(at)) break;
      visited.push(at);
    }
    if (remember && !closes.some((close) => text.charAt(close + 1) === "(")) {
      for (const place of visited) this.#dead.add(place);
    }
    return closes;
  }

  #readTarget(from: number): { href: string; title: string | undefined; end: number } | undefined {
    const start = skipSpace(this.#text, from);
    return this.#text.charAt(start) === "<"
      ? this.#readAngleTarget(start + 1) ?? this.#readPlainTarget(start)
      : this.#readPairedTarget(from, start) ?? this.#readPlainTarget(start);
  }

  /**
   * Reads an address that holds pairs of brackets, or brackets with a backslash, and no white space. GOV.UK Notify ends it
   * at its first closing bracket.
   */
  #readPairedTarget(
    from: number,
    start: number,
  ): { href: string; title: string | undefined; end: number } | undefined {
    const text = this.#text;
    const first = this.#nextParenthesis(start);
    if (first === -1 || !/[(\\]/.test(text.slice(start, first))) return undefined;
    this.#pairs ??= pairParentheses(text);
    const end = this.#pairs(from - 1);
    if (end === undefined || end <= first) return undefined;
    const href = text.slice(start, end);
    if (!isAddress(unescapeAddress(href))) return undefined;
    const after = skipSpace(text, end);
    if (text.charAt(after) === ")") return { href, title: undefined, end: after + 1 };
    const titled = after > end ? this.#readTitle(after) : undefined;
    return titled === undefined ? undefined : { href, ...titled };
  }

  /** Reads the address up to the first closing bracket, or to a title before it. */
  #readPlainTarget(
    start: number,
  ): { href: string; title: string | undefined; end: number } | undefined {
    const text = this.#text;
    const close = this.#nextParenthesis(start);
    if (close === -1) return undefined;
    for (let at = start; at < close;) {
      if (!isSpace(text, at)) {
        at++;
        continue;
      }
      const after = skipSpace(text, at);
      const titled = this.#readTitle(after);
      if (titled !== undefined) return { href: text.slice(start, at), ...titled };
      if (after === close) return { href: text.slice(start, at), title: undefined, end: close + 1 };
      at = after;
    }
    return { href: text.slice(start, close), title: undefined, end: close + 1 };
  }

  #readAngleTarget(
    start: number,
  ): { href: string; title: string | undefined; end: number } | undefined {
    const text = this.#text;
    if (this.#noAngleEnd) return undefined;
    for (let at = text.indexOf(">", start); at !== -1; at = text.indexOf(">", at + 1)) {
      const after = skipSpace(text, at + 1);
      const titled = after > at + 1 ? this.#readTitle(after) : undefined;
      if (titled !== undefined) return { href: text.slice(start, at), ...titled };
      if (text.charAt(after) === ")") {
        return { href: text.slice(start, at), title: undefined, end: after + 1 };
      }
    }
    this.#noAngleEnd = true;
    return undefined;
  }

  /** Reads a quoted title and the closing bracket after it. The two quotes may differ. */
  #readTitle(from: number): { title: string; end: number } | undefined {
    const text = this.#text;
    if (this.#noTitleEnd || !/["']/.test(text.charAt(from))) return undefined;
    const end = new RegExp(`["'][${SPACE_CLASS}]*\\)`, "g");
    end.lastIndex = from + 1;
    const match = end.exec(text);
    if (match === null) {
      this.#noTitleEnd = true;
      return undefined;
    }
    return { title: text.slice(from + 1, match.index), end: end.lastIndex };
  }

  /** Reads `[label][reference]` at `from`; an empty reference means the label. `undefined` when none begins there. */
  readReference(from: number): FoundReference | undefined {
    const text = this.#text;
    const image = text.charAt(from) === "!";
    const start = from + (image ? 2 : 1);
    if (text.charAt(start - 1) !== "[") return undefined;
    for (const close of this.#shortCloses(start).toReversed()) {
      const open = skipSpace(text, close + 1);
      if (text.charAt(open) !== "[") continue;
      const end = this.#nextClose(open + 1);
      const caret = this.#nextCaret(open + 1);
      if (end === -1 || (caret !== -1 && caret < end)) continue;
      const label = text.slice(start, close);
      const reference = text.slice(open + 1, end);
      return { image, label, reference: reference === "" ? label : reference, end: end + 1 };
    }
    return undefined;
  }

  #shortCloses(start: number): readonly number[] {
    const end = Math.min(this.#text.length, start + MAX_LABEL);
    const reader = new LinkReader(this.#text.slice(start, end));
    return reader.#labelCloses(0, false).map((close) => close + start);
  }

  /** Reads `[label]` at `from`, a reference whose name is the label itself; `undefined` when none begins there. */
  readShortcut(from: number): FoundReference | undefined {
    const text = this.#text;
    const image = text.charAt(from) === "!";
    const start = from + (image ? 2 : 1);
    if (text.charAt(start - 1) !== "[") return undefined;
    const limit = Math.min(text.length, start + MAX_LABEL);
    for (let at = start; at < limit; at++) {
      const character = text.charAt(at);
      if (character === "]") {
        const label = text.slice(start, at);
        return { image, label, reference: label, end: at + 1 };
      }
      if (character !== "[") continue;
      const close = this.#nextClose(at + 1);
      if (close === -1) return undefined;
      at = close;
    }
    return undefined;
  }
}
