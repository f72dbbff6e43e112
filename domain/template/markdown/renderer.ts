import type { Block, Document } from "./ast.ts";
import { type InlineState, renderInline } from "./inline.ts";
import { isBlank, strip } from "../python_text.ts";

/** Writes a document. Strings given to it are rendered already, but for those named `source`, `href` and `title`. */
export interface Renderer {
  /** Running text without marks. */
  text(source: string): string;
  /** A web address that stands in the text. */
  autolink(href: string): string;
  /** An e-mail address in angle brackets. */
  address(source: string): string;
  link(href: string, title: string | undefined, content: string): string;
  lineBreak(): string;
  /** A paragraph that is not blank. */
  paragraph(content: string): string;
  heading(level: 1 | 2, content: string): string;
  rule(): string;
  list(ordered: boolean, items: readonly string[]): string;
  quote(content: string): string;
}

/** Renders a document. `enough`, when given, is asked after each outer block whether the text so far will do. */
export function renderDocument(
  document: Document,
  renderer: Renderer,
  enough?: (output: string) => boolean,
): string {
  const state: InlineState = { document, renderer, footnotes: new Set(), linkDepth: 0 };
  let out = "";
  for (const block of document.blocks) {
    out += renderBlock(block, state);
    if (enough?.(out)) return out;
  }
  for (const key of state.footnotes) {
    out += renderBlocks(document.footnotes.get(key) ?? [], state, true);
  }
  return out;
}

/** Lines that follow one another are one text; it is a paragraph where `paragraphs` says so. */
function renderBlocks(blocks: readonly Block[], state: InlineState, paragraphs: boolean): string {
  let out = "";
  let lines: string[] = [];
  const flush = () => {
    if (lines.length === 0) return;
    const content = renderInline(lines.join("\n"), state);
    out += paragraphs ? paragraph(content, state) : content;
    lines = [];
  };
  for (const block of blocks) {
    if (block.kind === "line") {
      lines.push(block.text);
      continue;
    }
    flush();
    out += renderBlock(block, state);
  }
  flush();
  return out;
}

function paragraph(content: string, state: InlineState): string {
  return isBlank(content) ? "" : state.renderer.paragraph(content);
}

function renderBlock(block: Block, state: InlineState): string {
  const { renderer } = state;
  switch (block.kind) {
    case "gap":
      return renderer.lineBreak();
    case "rule":
      return renderer.rule();
    case "code":
    case "markup":
      return block.text;
    case "heading": {
      const content = renderInline(block.text, state);
      return block.level === 1 || block.level === 2
        ? renderer.heading(block.level, content)
        : paragraph(content, state);
    }
    case "paragraph":
    case "line":
      return paragraph(renderInline(block.text, state), state);
    case "quote":
      return renderer.quote(renderBlocks(block.blocks, state, true));
    case "list":
      return renderer.list(
        block.ordered,
        block.items.map((item) => strip(renderBlocks(item.blocks, state, item.loose))),
      );
  }
}
