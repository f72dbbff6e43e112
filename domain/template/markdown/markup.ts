/**
 * Finds tags in source. For the HTML part, tags of templates and values are already escaped, so the only tags are the marks
 * around placeholders without a value. For the plain text part, tags are text.
 */

const WORD = "[\\p{L}\\p{N}_]";
const NAME = new RegExp(`<(${WORD}+)(?!${WORD})(?!:/|[^\\p{L}\\p{N}_\\s@]*@)`, "uy");
const ATTRIBUTE = /\s*[a-zA-Z-](?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s'">]+))?/y;
const TAG_END = /\s*>/y;
const EMPTY_TAG_END = /\s*\/?>/y;
const BLOCK_END = / *(?:\n{2,}|\s*$)/y;
const INLINE_TAGS = new Set(
  ("a em strong small s cite q dfn abbr data time code var samp kbd sub sup i b u mark ruby rt rp bdi bdo span " +
    "br wbr ins del img font").split(" "),
);
/** Maximum number of closing tags tried as the end of a block. It keeps the time linear in a text that consists of tags. */
const MAX_CLOSINGS = 50;

/** A piece of markup (a tag, an element or a comment) and the index after it. */
export interface Markup {
  readonly text: string;
  readonly end: number;
}

interface OpenTag {
  readonly name: string;
  readonly attributesEnd: number;
}

function matchAt(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function readOpenTag(text: string, from: number): OpenTag | undefined {
  NAME.lastIndex = from;
  const match = NAME.exec(text);
  if (match === null) return undefined;
  let at = from + match[0].length;
  for (let next = at; next !== -1; next = matchAt(ATTRIBUTE, text, at)) at = next;
  return { name: match[1] ?? "", attributesEnd: at };
}

/** Finds markup in one text. Reads must have increasing offsets; failed searches are cached. */
export class MarkupReader {
  readonly #text: string;
  #absent: Set<string> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  #find(mark: string, from: number): number {
    if (this.#absent?.has(mark)) return -1;
    const position = this.#text.indexOf(mark, from);
    if (position === -1) {
      this.#absent ??= new Set();
      this.#absent.add(mark);
    }
    return position;
  }

  #commentEnd(from: number): number {
    const end = this.#text.startsWith("<!--", from) ? this.#find("-->", from + 4) : -1;
    return end === -1 ? -1 : end + 3;
  }

  /**
   * Reads a comment, an element with its contents, or a single tag at `from` in inline content; `undefined` when none
   * begins there.
   */
  readInline(from: number): Markup | undefined {
    const text = this.#text;
    const comment = this.#commentEnd(from);
    if (comment !== -1) return { text: text.slice(from, comment), end: comment };
    const tag = readOpenTag(text, from);
    if (tag === undefined) return undefined;
    const open = matchAt(TAG_END, text, tag.attributesEnd);
    if (open !== -1) {
      const closing = `</${tag.name}>`;
      const close = this.#find(closing, open);
      const end = close === -1 ? open : close + closing.length;
      return { text: text.slice(from, end), end };
    }
    const lone = matchAt(EMPTY_TAG_END, text, tag.attributesEnd);
    return lone === -1 ? undefined : { text: text.slice(from, lone), end: lone };
  }

  /**
   * Reads a block of markup on the line at `from` that is followed by a blank line or the end; `undefined` when none
   * begins there.
   */
  readBlock(from: number): Markup | undefined {
    const text = this.#text;
    let start = from;
    while (text.charCodeAt(start) === 0x20) start++;
    const comment = this.#commentEnd(start);
    if (comment !== -1) {
      const end = matchAt(BLOCK_END, text, comment);
      return end === -1 ? undefined : { text: text.slice(from, end), end };
    }
    const tag = readOpenTag(text, start);
    if (tag === undefined || INLINE_TAGS.has(tag.name)) return undefined;
    const open = matchAt(TAG_END, text, tag.attributesEnd);
    if (open !== -1) {
      const closing = `</${tag.name}>`;
      let close = this.#find(closing, open);
      for (let tried = 0; close !== -1 && tried < MAX_CLOSINGS; tried++) {
        const after = close + closing.length;
        const end = matchAt(BLOCK_END, text, after);
        if (end !== -1) return { text: text.slice(start, after), end };
        close = text.indexOf(closing, after);
      }
    }
    const lone = open !== -1 ? open : matchAt(EMPTY_TAG_END, text, tag.attributesEnd);
    const end = lone === -1 ? -1 : matchAt(BLOCK_END, text, lone);
    return end === -1 ? undefined : { text: text.slice(from, end), end };
  }
}
