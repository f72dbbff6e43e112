import type { Block, Document, Inline } from "./ast.ts";
import { isBlank, strip } from "../../python_compat/text.ts";

/** Writes a document. Strings given to it are rendered already, but for those named `href` and `title`. */
export interface Renderer {
  /** A web address that stands in the text. */
  autolink(href: string): string;
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
  let out = "";
  for (const block of document) {
    out += renderBlock(block, renderer);
    if (enough?.(out)) break;
  }
  return out;
}

function renderInline(content: readonly Inline[], renderer: Renderer): string {
  let out = "";
  for (const piece of content) {
    if (typeof piece === "string") out += piece;
    else if (piece.kind === "break") out += renderer.lineBreak();
    else if (piece.kind === "autolink") out += renderer.autolink(piece.href);
    else out += renderer.link(piece.href, piece.title, renderInline(piece.content, renderer));
  }
  return out;
}

/** Whether there is text for certain. Pieces are asked, for to look into what is rendered puts it together once more. */
function holdsText(content: readonly Inline[]): boolean {
  return content.some((piece) => typeof piece === "string" && !isBlank(piece));
}

function renderBlock(block: Block, renderer: Renderer): string {
  switch (block.kind) {
    case "gap":
      return renderer.lineBreak();
    case "rule":
      return renderer.rule();
    case "verbatim":
      return block.text;
    case "heading":
      return renderer.heading(block.level, renderInline(block.content, renderer));
    case "paragraph": {
      const content = renderInline(block.content, renderer);
      return !holdsText(block.content) && isBlank(content) ? "" : renderer.paragraph(content);
    }
    case "line":
      return renderInline(block.content, renderer);
    case "quote":
      return renderer.quote(renderDocument(block.blocks, renderer));
    case "list":
      return renderer.list(
        block.ordered,
        block.items.map((item) => strip(renderDocument(item, renderer))),
      );
  }
}
