import { SPACE_CLASS } from "../../python_compat/text.ts";
import { type LinkTarget, referenceKey } from "./ast.ts";

/** A link definition `[label]: address "title"` of a markdown text, and the index after it and its line ends. */
export interface Definition {
  readonly key: string;
  readonly target: LinkTarget;
  readonly end: number;
}

/**
 * Creates a function that returns the index of the next `mark` at or after an offset, -1 for none. It caches the last
 * result, so that calls with increasing offsets take linear time in total.
 */
export function nextIndexOf(text: string, mark: string): (from: number) => number {
  let position = -1;
  let searchedFrom = Number.POSITIVE_INFINITY;
  return (from) => {
    if (from < searchedFrom || (position !== -1 && position < from)) {
      position = text.indexOf(mark, from);
      searchedFrom = from;
    }
    return position;
  };
}

/** Returns the index of the first character from `from` on that is not a line feed. */
export function skipLineEnds(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x0a) at++;
  return at;
}

const ADDRESS = `([^${SPACE_CLASS}>]+)>?`;
const TARGET = new RegExp(`^ *(?:<${ADDRESS}|${ADDRESS})( .*)?$`, "s");

function readTarget(rest: string): LinkTarget | undefined {
  const match = TARGET.exec(rest);
  const href = match?.[1] ?? match?.[2];
  if (match === null || href === undefined) return undefined;
  const after = (match[3] ?? "").replace(/^ +/, "").replace(/(?<! ) +$/, "");
  if (after === "") return { href, title: undefined };
  const titled = after.length > 2 && /^["(]/.test(after) && /[")]$/.test(after);
  return titled ? { href, title: after.slice(1, -1) } : undefined;
}

/** Finds definitions `[label]: address "title"` in one text. */
export class DefinitionReader {
  readonly #text: string;
  readonly #nextClose: (from: number) => number;
  readonly #nextCaret: (from: number) => number;

  constructor(text: string) {
    this.#text = text;
    this.#nextClose = nextIndexOf(text, "]");
    this.#nextCaret = nextIndexOf(text, "^");
  }

  /**
   * Reads the definition on the line that starts at `from`; `undefined` when the line begins none. The label may span
   * lines.
   */
  read(from: number): Definition | undefined {
    const text = this.#text;
    let open = from;
    while (text.charCodeAt(open) === 0x20) open++;
    if (text.charAt(open) !== "[") return undefined;
    const close = this.#nextClose(open + 1);
    if (close <= open + 1 || text.charAt(close + 1) !== ":") return undefined;
    const caret = this.#nextCaret(open + 1);
    if (caret !== -1 && caret < close) return undefined;
    const lineEnd = text.indexOf("\n", close);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const target = readTarget(text.slice(close + 2, end));
    if (target === undefined) return undefined;
    return { key: referenceKey(text.slice(open + 1, close)), target, end: skipLineEnds(text, end) };
  }
}
