import type { Block, Document, Inline, ListOf } from "./ast.ts";
import type { Steps } from "../../steps/steps.ts";
import { mapAroundAddresses } from "../text_addresses.ts";
import { BLOCKS_A_STEP } from "./blocks.ts";
import { isBlank, strip } from "../../python_compat/text.ts";

/**
 * Renders each kind of content to a text in one format, such as HTML. `content` and `items` are rendered already;
 * `href` and `title` are as in the source.
 */
export interface Renderer {
  /** A bare web address in the text, which becomes a link. */
  autolink(href: string): string;
  /** An address that is shown but is no link of its own, such as one in the text of a link. */
  address(text: string): string;
  link(href: string, title: string | undefined, content: string): string;
  /** A separator written between a link and text directly after it that a program would read as part of the address. */
  readonly afterLink: string;
  lineBreak(): string;
  /** A paragraph that is not blank. */
  paragraph(content: string): string;
  heading(level: 1 | 2, content: string): string;
  rule(): string;
  /** @param start the number of the first item; `undefined` for a list with bullets */
  list(start: number | undefined, items: readonly string[]): string;
  quote(content: string): string;
}

/** Code begins with no line end of its own; an address before it would go on in it. */
function gapBefore(block: Block, previous: Block | undefined, renderer: Renderer): string {
  if (block.kind !== "verbatim" || previous?.kind !== "paragraph") return "";
  const last = previous.content.at(-1);
  return last === undefined || typeof last === "string" || last.kind === "break"
    ? ""
    : renderer.afterLink;
}

function renderDocument(document: Document, renderer: Renderer): string {
  let out = "";
  for (const [index, block] of document.entries()) {
    out += gapBefore(block, document[index - 1], renderer) + renderBlock(block, renderer);
  }
  return out;
}

/**
 * Renders a parsed document. It yields between outer blocks and between items of outer lists, so that the caller can
 * serve other requests.
 *
 * @param enough called with the text so far after each outer block; rendering stops when it returns `true`
 */
export function* renderInSteps(
  document: Document,
  renderer: Renderer,
  enough?: (output: string) => boolean,
): Steps<string> {
  let out = "";
  for (const [index, block] of document.entries()) {
    out += gapBefore(block, document[index - 1], renderer);
    out += block.kind === "list"
      ? yield* renderListInSteps(block, renderer)
      : renderBlock(block, renderer);
    if (enough?.(out)) break;
    if (index % BLOCKS_A_STEP === BLOCKS_A_STEP - 1) yield;
  }
  return out;
}

function* renderListInSteps(
  { start, items: documents }: ListOf<Document>,
  renderer: Renderer,
): Steps<string> {
  const items: string[] = [];
  for (const [index, item] of documents.entries()) {
    items.push(strip(renderDocument(item, renderer)));
    if (index % BLOCKS_A_STEP === BLOCKS_A_STEP - 1) yield;
  }
  return renderer.list(start, items);
}

/** The begin of text that a program would take into the address before it. */
const CONTINUES_ADDRESS = /^[\p{L}\p{N}(/_~#&=%+@-]/u;

function goesOn(piece: Inline): boolean {
  return typeof piece === "string" ? CONTINUES_ADDRESS.test(piece) : piece.kind !== "break";
}

function renderInline(content: readonly Inline[], renderer: Renderer): string {
  let out = "";
  let isAfterLink = false;
  for (const piece of content) {
    if (isAfterLink && goesOn(piece)) out += renderer.afterLink;
    isAfterLink = typeof piece !== "string" && piece.kind === "link";
    if (typeof piece === "string") out += piece;
    else if (piece.kind === "break") out += renderer.lineBreak();
    else if (piece.kind === "autolink") out += renderer.autolink(piece.href);
    else if (piece.kind === "address") out += renderer.address(piece.text);
    else out += renderer.link(piece.href, piece.title, renderInline(piece.content, renderer));
  }
  return out;
}

/** Whether content certainly has text. Checks the nodes, because inspecting rendered text would flatten its string. */
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
      return mapAroundAddresses(block.text, (text) => text, renderer.address);
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
        block.start,
        block.items.map((item) => strip(renderDocument(item, renderer))),
      );
  }
}
