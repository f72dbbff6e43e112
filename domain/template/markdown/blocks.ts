import {
  type LinkTarget,
  type ListItem,
  referenceKey,
  type SourceBlock,
  type SourceDocument,
} from "./ast.ts";
import { DefinitionReader, skipLineEnds } from "./definitions.ts";
import { FenceReader } from "./fences.ts";
import * as lines from "./lines.ts";
import { ListReader, outdent } from "./lists.ts";
import { MarkupReader } from "./markup.ts";
import type { Steps } from "../../steps/steps.ts";
import { expandTabs, isBlank } from "../../python_compat/text.ts";

/** Maximum nesting depth of lists and quotes; deeper ones are rendered as their source. */
const MAX_DEPTH = 6;

/** How many blocks, or items of an outer list, are parsed or rendered before other requests are served. */
export const BLOCKS_A_STEP = 128;

/** The rule set: for a document, for a list item or for a footnote. */
type Context = "document" | "item" | "footnote";

/** The definitions collected while blocks are parsed. */
interface Definitions {
  readonly links: Map<string, LinkTarget>;
  readonly footnotes: Map<string, readonly SourceBlock[]>;
  listDepth: number;
  quoteDepth: number;
}

function prepare(source: string): string {
  const unified = source.includes("\r") ? source.replace(/\r\n?/g, "\n") : source;
  const text = expandTabs(unified, 4).replaceAll("\u2424", "\n");
  if (!text.startsWith(" ") && !text.includes("\n ")) return text;
  return text.replace(/(?<![^\n]) +(?![^\n])/g, "");
}

/**
 * Parses the blocks of a document by the grammar of mistune 0.8.4 with GOV.UK Notify's changes, as a scanner over lines.
 * Each line is read a bounded number of times per level of nesting, and nesting is bounded, so time is linear in the source.
 * It yields between outer blocks.
 */
export function* readBlocks(source: string): Steps<SourceDocument> {
  const gathered: Definitions = {
    links: new Map(),
    footnotes: new Map(),
    listDepth: 0,
    quoteDepth: 0,
  };
  const blocks = yield* new BlockReader(prepare(source), "document", gathered).readInSteps();
  return { blocks, links: gathered.links, footnotes: gathered.footnotes };
}

/** Parses one text; each nested text has its own reader. */
class BlockReader {
  readonly #text: string;
  readonly #context: Context;
  readonly #gathered: Definitions;
  readonly #fences: FenceReader;
  readonly #definitions: DefinitionReader;
  readonly #lists: ListReader;
  readonly #markupReader: MarkupReader;
  readonly #blocks: SourceBlock[] = [];
  #at = 0;

  constructor(text: string, context: Context, gathered: Definitions) {
    let end = text.length;
    while (end > 0 && text.charCodeAt(end - 1) === 0x0a) end--;
    this.#text = text.slice(0, end);
    this.#context = context;
    this.#gathered = gathered;
    this.#fences = new FenceReader(this.#text);
    this.#definitions = new DefinitionReader(this.#text);
    this.#lists = new ListReader(this.#text, this.#definitions);
    this.#markupReader = new MarkupReader(this.#text);
  }

  read(): readonly SourceBlock[] {
    while (this.#at < this.#text.length) this.#block();
    return this.#blocks;
  }

  *readInSteps(): Steps<readonly SourceBlock[]> {
    for (let read = 1; this.#at < this.#text.length; read++) {
      this.#block();
      if (read % BLOCKS_A_STEP === 0) yield;
    }
    return this.#blocks;
  }

  #block(): void {
    const from = this.#at;
    if (this.#gap()) return;
    const line = this.#lineAt(from);
    const done = this.#context === "item" ? this.#itemBlock(line) : this.#documentBlock(line);
    if (!done) this.#context === "item" ? this.#line(line) : this.#paragraph();
  }

  #documentBlock(line: string): boolean {
    if (lines.isPlain(line)) {
      return this.#table(line, false) || this.#underlined(line) || this.#table(line, true);
    }
    const footnote = this.#context === "footnote";
    return (!footnote && this.#rule(line)) || this.#indented(line) || this.#fence(line) ||
      this.#heading(line) || this.#table(line, false) || this.#underlined(line) ||
      (footnote && this.#rule(line)) || this.#quote(line) || this.#list(line) ||
      this.#markup(line) ||
      (!footnote && (this.#definition() || this.#footnote(line))) || this.#table(line, true);
  }

  #itemBlock(line: string): boolean {
    if (lines.isPlain(line)) return this.#underlined(line);
    return this.#indented(line) || this.#fence(line) || this.#underlined(line) ||
      this.#rule(line) ||
      this.#quote(line) || this.#list(line) || this.#markup(line);
  }

  #endOfLine(from: number): number {
    const end = this.#text.indexOf("\n", from);
    return end === -1 ? this.#text.length : end;
  }

  #lineAt(from: number): string {
    return this.#text.slice(from, this.#endOfLine(from));
  }

  #push(block: SourceBlock, end: number): true {
    this.#blocks.push(block);
    this.#at = end;
    return true;
  }

  #gap(): boolean {
    const end = skipLineEnds(this.#text, this.#at);
    if (end === this.#at) return false;
    if (end - this.#at > 1) this.#blocks.push({ kind: "gap" });
    this.#at = end;
    return true;
  }

  #rule(line: string): boolean {
    if (!lines.isRule(line)) return false;
    return this.#push({ kind: "rule" }, skipLineEnds(this.#text, this.#at + line.length));
  }

  /**
   * Lines indented by four blanks are paragraphs of their own, of text: no mark in them counts. They are code in other
   * programs, but here they come from letters and address labels.
   */
  #indented(line: string): boolean {
    if (!lines.isIndented(line)) return false;
    let end = this.#at;
    while (
      end < this.#text.length &&
      lines.isIndented(this.#text.slice(end, end + 5).split("\n", 1)[0] ?? "")
    ) {
      end = skipLineEnds(this.#text, this.#endOfLine(end));
    }
    const isItem = this.#context === "item";
    // Lines that follow at once, without the indent, belong to the same paragraph.
    if (!isItem && !this.#text.startsWith("\n\n", end - 2) && !this.#interrupts(end)) {
      end = this.#paragraphEnd(end);
    }
    const text = this.#text.slice(this.#at, end).replace(/(?<![^\n]) {4}/g, "");
    for (const [index, paragraph] of text.split(/\n{2,}/).entries()) {
      if (isItem && index > 0) this.#blocks.push({ kind: "gap" });
      const content = paragraph.replace(/\n$/, "");
      if (isBlank(content)) continue;
      this.#blocks.push({ kind: isItem ? "line" : "paragraph", text: content });
    }
    this.#at = skipLineEnds(this.#text, end);
    return true;
  }

  #fence(line: string): boolean {
    const fence = this.#fences.read(this.#at, line);
    return fence !== undefined && this.#push({ kind: "code", text: fence.text }, fence.end);
  }

  #heading(line: string): boolean {
    const heading = lines.readHeading(line);
    if (heading === undefined) return false;
    const end = skipLineEnds(this.#text, this.#at + line.length);
    return this.#push({ kind: "heading", ...heading }, end);
  }

  #underlineAfter(lineEnd: number): { readonly level: number; readonly end: number } | undefined {
    if (lineEnd >= this.#text.length) return undefined;
    const first = this.#text.charCodeAt(lineEnd + 1);
    if (first !== 0x20 && first !== 0x2d && first !== 0x3d) return undefined;
    const end = this.#endOfLine(lineEnd + 1);
    const level = lines.underlineLevel(this.#text.slice(lineEnd + 1, end));
    // Only one line end is part of the heading.
    return level === undefined ? undefined : { level, end: Math.min(end + 1, this.#text.length) };
  }

  #underlined(line: string): boolean {
    const under = this.#underlineAfter(this.#at + line.length);
    if (under === undefined) return false;
    return this.#push({ kind: "heading", level: under.level, text: line }, under.end);
  }

  /** Tables are dropped. */
  #table(line: string, outerBars: boolean): boolean {
    if (!line.includes("|")) return false;
    const lineEnd = this.#at + line.length;
    const next = this.#lineAt(lineEnd + 1);
    const body = lineEnd + 1 + next.length + 1;
    if (body > this.#text.length || !lines.isTableHead(line, next, outerBars)) return false;
    let end = body;
    while (end < this.#text.length) {
      const row = this.#lineAt(end);
      if (outerBars ? !/^ *\|/.test(row) : !row.includes("|")) break;
      end = Math.min(end + row.length + 1, this.#text.length);
    }
    this.#at = skipLineEnds(this.#text, end);
    return true;
  }

  #quote(line: string): boolean {
    if (!lines.isQuote(line)) return false;
    let end = this.#at;
    while (end < this.#text.length && lines.isQuote(this.#lineAt(end))) {
      const gap = this.#text.indexOf("\n\n", end);
      end = gap === -1 ? this.#text.length : skipLineEnds(this.#text, gap);
    }
    const source = this.#text.slice(this.#at, end);
    this.#gathered.quoteDepth++;
    const blocks: readonly SourceBlock[] = this.#gathered.quoteDepth > MAX_DEPTH
      ? [{ kind: "line", text: source }]
      : new BlockReader(source.replace(/(?<![^\n]) *\^ ?/g, ""), "document", this.#gathered).read();
    this.#gathered.quoteDepth--;
    return this.#push({ kind: "quote", blocks }, end);
  }

  #list(line: string): boolean {
    const run = this.#lists.read(this.#at, line);
    if (run === undefined) return false;
    const { start, items: sources, end } = run;
    this.#gathered.listDepth++;
    const items: readonly ListItem[] = this.#gathered.listDepth > MAX_DEPTH
      ? [{ loose: false, blocks: [{ kind: "line", text: this.#text.slice(this.#at, end) }] }]
      : this.#items(sources);
    this.#gathered.listDepth--;
    return this.#push({ kind: "list", start, items }, end);
  }

  #items(sources: readonly string[]): readonly ListItem[] {
    let followsGap = false;
    return sources.map((whole, index) => {
      const item = outdent(whole);
      let loose = followsGap || hasGap(item);
      if (index !== sources.length - 1 && item !== "") {
        followsGap = item.endsWith("\n");
        loose ||= followsGap;
      }
      return { loose, blocks: new BlockReader(item, "item", this.#gathered).read() };
    });
  }

  #markup(line: string): boolean {
    const markup = line.trimStart().startsWith("<")
      ? this.#markupReader.readBlock(this.#at)
      : undefined;
    return markup !== undefined && this.#push({ kind: "markup", text: markup.text }, markup.end);
  }

  #definition(): boolean {
    const definition = this.#definitions.read(this.#at);
    if (definition === undefined) return false;
    this.#gathered.links.set(definition.key, definition.target);
    this.#at = definition.end;
    return true;
  }

  #footnote(line: string): boolean {
    const match = /^\[\^([^\]]+)\]: */.exec(line);
    if (match === null) return false;
    let end = skipLineEnds(this.#text, this.#at + line.length);
    while (this.#text.charAt(end) === " ") end = skipLineEnds(this.#text, this.#endOfLine(end));
    const source = this.#text.slice(this.#at + match[0].length, end);
    this.#at = end;
    const key = referenceKey(match[1] ?? "");
    if (this.#gathered.footnotes.has(key)) return true;
    this.#gathered.footnotes.set(key, []);
    const [first = "", ...rest] = source.split("\n");
    const indents = rest.map((text) => text.length - text.trimStart().length).filter((size) =>
      size > 0
    );
    const cut = indents.length === 0 ? 0 : indents.reduce((least, size) => Math.min(least, size));
    const text = [first, ...rest.map((text) => text.slice(cut))].join("\n");
    this.#gathered.footnotes.set(key, new BlockReader(text, "footnote", this.#gathered).read());
    return true;
  }

  #paragraph(): void {
    const end = this.#paragraphEnd(this.#at);
    const text = this.#text.slice(this.#at, end);
    this.#push({ kind: "paragraph", text }, skipLineEnds(this.#text, end));
  }

  /** The end of the last line of the paragraph to which the line at `from` belongs. */
  #paragraphEnd(from: number): number {
    const text = this.#text;
    let end = this.#endOfLine(from);
    while (end < text.length && text.charCodeAt(end + 1) !== 0x0a && !this.#interrupts(end + 1)) {
      end = this.#endOfLine(end + 1);
    }
    return end;
  }

  #interrupts(from: number): boolean {
    const end = this.#endOfLine(from);
    const line = this.#text.slice(from, end);
    if (this.#underlineAfter(end) !== undefined) return true;
    if (lines.isPlain(line)) return false;
    if (lines.isNumbered(line) && this.#lists.read(from, line) === undefined) return false;
    return lines.interruptsParagraph(line, end === this.#text.length) ||
      this.#fences.read(from, line) !== undefined || lines.isFootnote(line) ||
      this.#definitions.read(from) !== undefined;
  }

  #line(line: string): void {
    this.#push({ kind: "line", text: line }, this.#at + line.length);
  }
}

/** Whether an item contains a blank line that is followed by text. */
function hasGap(item: string): boolean {
  const gap = item.indexOf("\n\n");
  return gap !== -1 && !isBlank(item.slice(gap));
}
