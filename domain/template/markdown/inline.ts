import { escapeText } from "../html_text.ts";
import { addressEnd, toTarget, unescapeAddress } from "./addresses.ts";
import { type Inline, referenceKey, type SourceDocument } from "./ast.ts";
import { nextIndexOf } from "./definitions.ts";
import { SHOWN_ADDRESS } from "./inline_marks.ts";
import { LinkReader } from "./links.ts";
import { MarkupReader } from "./markup.ts";
import { SPACE_CLASS, stripEnd } from "../../python_compat/text.ts";

/** Maximum nesting depth of links in link texts; deeper links are text. */
const MAX_LINK_DEPTH = 10;

const ESCAPABLE = new Set("\\`*{}[]()#+-.!_>~|");
const SCHEME = /https?:\/\//y;
const URL_RUN = new RegExp(`[^${SPACE_CLASS}<]+`, "y");
const IN_WORD = /[\p{L}\p{N}_.@/-]/u;
const FOOTNOTE = /\[\^([^\]]+)\]/y;

const BREAK: Inline = { kind: "break" };

/** State shared by the inline parsing of one document. */
export interface InlineState {
  readonly document: SourceDocument;
  /**
   * The pattern that finds the characters at which inline markup may begin, as `markupOf` returns it for the source.
   */
  readonly markup: RegExp;
  /** Keys of footnotes in order of reference. */
  readonly footnotes: Set<string>;
  linkDepth: number;
}

/**
 * Parses inline content: links, addresses, escapes and line breaks. Emphasis and code marks are text, and images are
 * left out. Text in the result is escaped for HTML.
 */
export function readInline(source: string, state: InlineState): readonly Inline[] {
  let end = source.length;
  while (end > 0 && source.charCodeAt(end - 1) === 0x0a) end--;
  const text = source.slice(0, end);
  const { markup } = state;
  markup.lastIndex = 0;
  if (!markup.test(text)) return text === "" ? [] : [escapeText(text)];
  return new InlineReader(text, state).read();
}

class InlineReader {
  readonly #text: string;
  readonly #state: InlineState;
  #links: LinkReader | undefined;
  #markup: MarkupReader | undefined;
  #nextBracket: ((from: number) => number) | undefined;
  #nextBlank: ((from: number) => number) | undefined;
  /** Index of the trailing white space; computed lazily. */
  #blankFrom: number | undefined;
  /** The end of the text without white space in which the last address was. */
  #runEnd = 0;
  #at = 0;
  /** Pending text after the last of `#pieces`. */
  #tail = "";
  readonly #pieces: Inline[] = [];

  constructor(text: string, state: InlineState) {
    this.#text = text;
    this.#state = state;
  }

  read(): readonly Inline[] {
    const text = this.#text;
    while (this.#at < text.length) {
      if (!this.#special()) this.#plain();
    }
    if (this.#tail !== "") this.#pieces.push(this.#tail);
    return this.#pieces;
  }

  #emit(piece: Inline, end: number): true {
    if (typeof piece === "string") this.#tail += piece;
    else {
      if (this.#tail !== "") this.#pieces.push(this.#tail);
      this.#tail = "";
      this.#pieces.push(piece);
    }
    this.#at = end;
    return true;
  }

  #special(): boolean {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x5c:
        return this.#escape();
      case 0x3c:
        return this.#tag() || this.#autolink();
      case 0x68:
        return this.#url();
      case 0x48:
      case 0x66:
      case 0x6d:
      case 0x77:
        return this.#shownAddress();
      case 0x5b:
      case 0x21:
        return this.#footnote() || this.#link() || this.#reference();
      case 0x20:
      case 0x0a:
        return this.#lineBreak();
      default:
        return false;
    }
  }

  /** Reads text up to the next possible markup; at least one character. */
  #plain(): void {
    const text = this.#text;
    const { markup } = this.#state;
    markup.lastIndex = this.#at + 1;
    let end = markup.test(text) ? markup.lastIndex - 1 : text.length;
    // Spaces before a line end are part of the break.
    if (text.charCodeAt(end) === 0x0a) {
      while (end > this.#at + 1 && text.charCodeAt(end - 1) === 0x20) end--;
    }
    this.#emit(escapeText(text.slice(this.#at, end)), end);
  }

  #escape(): boolean {
    const character = this.#text.charAt(this.#at + 1);
    return ESCAPABLE.has(character) &&
      this.#emit(escapeText(character), this.#at + 2);
  }

  #tag(): boolean {
    this.#markup ??= new MarkupReader(this.#text);
    const markup = this.#markup.readInline(this.#at);
    return markup !== undefined && this.#emit(markup.text, markup.end);
  }

  #autolink(): boolean {
    this.#nextBracket ??= nextIndexOf(this.#text, ">");
    this.#nextBlank ??= nextIndexOf(this.#text, " ");
    const close = this.#nextBracket(this.#at);
    const blank = this.#nextBlank(this.#at);
    if (close === -1 || (blank !== -1 && blank < close)) return false;
    const link = this.#text.slice(this.#at + 1, close);
    if (!/^.+[@:]./s.test(link)) return false;
    const piece: Inline = link.includes(":")
      ? { kind: "autolink", href: unescapeAddress(link) }
      : link;
    return this.#emit(piece, this.#at + link.length + 2);
  }

  #url(): boolean {
    const text = this.#text;
    SCHEME.lastIndex = this.#at;
    if (!SCHEME.test(text)) return false;
    const end = this.#addressEnd(SCHEME.lastIndex);
    if (end < SCHEME.lastIndex + 2) return false;
    const url = unescapeAddress(text.slice(this.#at, end));
    const inLink = this.#state.linkDepth > 0;
    return this.#emit(
      inLink ? { kind: "address", text: escapeText(url) } : { kind: "autolink", href: url },
      end,
    );
  }

  /** Reads an address that is no link but stays as it is. */
  #shownAddress(): boolean {
    const text = this.#text;
    SHOWN_ADDRESS.lastIndex = this.#at;
    if (!SHOWN_ADDRESS.test(text) || IN_WORD.test(text.charAt(this.#at - 1))) return false;
    const from = SHOWN_ADDRESS.lastIndex;
    const end = this.#addressEnd(from);
    if (end === from) return false;
    const address = unescapeAddress(text.slice(this.#at, end));
    return this.#emit({ kind: "address", text: escapeText(address) }, end);
  }

  /** Returns the index after the address at `#at`, of which the part before `from` is read. */
  #addressEnd(from: number): number {
    if (from >= this.#runEnd) {
      URL_RUN.lastIndex = from;
      if (!URL_RUN.test(this.#text)) return from;
      this.#runEnd = URL_RUN.lastIndex;
    }
    return addressEnd(this.#text, this.#at, from, this.#runEnd);
  }

  #footnote(): boolean {
    const { document, footnotes } = this.#state;
    if (document.footnotes.size === 0) return false;
    FOOTNOTE.lastIndex = this.#at;
    const match = FOOTNOTE.exec(this.#text);
    if (match === null) return false;
    const key = referenceKey(match[1] ?? "");
    if (!document.footnotes.has(key) || footnotes.has(key)) return false;
    footnotes.add(key);
    return this.#emit("", this.#at + match[0].length);
  }

  #linkReader(): LinkReader {
    this.#links ??= new LinkReader(this.#text);
    return this.#links;
  }

  #link(): boolean {
    const link = this.#linkReader().readLink(this.#at);
    return link !== undefined &&
      this.#emit(this.#linkPiece(link.image, link.label, link.href, link.title), link.end);
  }

  #reference(): boolean {
    const { links } = this.#state.document;
    if (links.size === 0) return false;
    const reader = this.#linkReader();
    for (const reference of [reader.readReference(this.#at), reader.readShortcut(this.#at)]) {
      const target = reference === undefined
        ? undefined
        : links.get(referenceKey(reference.reference));
      if (reference === undefined || target === undefined) continue;
      return this.#emit(
        this.#linkPiece(reference.image, reference.label, target.href, target.title),
        reference.end,
      );
    }
    return false;
  }

  #linkPiece(image: boolean, label: string, href: string, title: string | undefined): Inline {
    // Images are omitted.
    if (image) return "";
    const state = this.#state;
    if (state.linkDepth >= MAX_LINK_DEPTH) return escapeText(label);
    state.linkDepth++;
    const content = readInline(label, state);
    state.linkDepth--;
    return { kind: "link", href: toTarget(href), title, content };
  }

  #lineBreak(): boolean {
    const text = this.#text;
    let end = this.#at;
    while (text.charCodeAt(end) === 0x20) end++;
    if (text.charCodeAt(end) !== 0x0a) return false;
    this.#blankFrom ??= stripEnd(text).length;
    if (end + 1 >= this.#blankFrom) return false;
    return this.#emit(BREAK, end + 1);
  }
}
