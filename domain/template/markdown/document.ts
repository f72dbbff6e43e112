import type { Block, Document, ListItem, ListOf, SourceBlock } from "./ast.ts";
import type { Steps } from "../../steps/steps.ts";
import { BLOCKS_A_STEP, readBlocks } from "./blocks.ts";
import { type InlineState, readInline } from "./inline.ts";
import { markupOf } from "./inline_marks.ts";

/**
 * Parses markdown: blocks first, then their inline content, then the footnotes that are referred to. Any text can be
 * parsed. It yields between outer blocks and between items of outer lists, so that the caller can serve other requests.
 */
export function* parseDocument(source: string): Steps<Document> {
  const document = yield* readBlocks(source);
  yield;
  const state: InlineState = {
    document,
    markup: markupOf(source),
    footnotes: new Set(),
    linkDepth: 0,
  };
  const blocks: Block[] = [];
  for (const [index, block] of document.blocks.entries()) {
    blocks.push(block.kind === "list" ? yield* toList(block, state) : toBlock(block, state));
    if (index % BLOCKS_A_STEP === 0) yield;
  }
  // Footnotes may refer to further footnotes: the set grows during the iteration.
  for (const key of state.footnotes) {
    blocks.push(...toBlocks(document.footnotes.get(key) ?? [], state, "paragraph"));
  }
  return blocks;
}

/** Converts blocks; consecutive lines become one text. */
function toBlocks(
  sources: readonly SourceBlock[],
  state: InlineState,
  kind: "paragraph" | "line",
): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const flush = () => {
    if (lines.length > 0) {
      // Text after a list of the same item needs a line of its own.
      const isBelowList = blocks.at(-1)?.kind === "list";
      const content = readInline(lines.join("\n"), state);
      blocks.push({ kind: isBelowList ? "paragraph" : kind, content });
    }
    lines = [];
  };
  for (const source of sources) {
    if (source.kind === "line") {
      lines.push(source.text);
      continue;
    }
    flush();
    blocks.push(toBlock(source, state));
  }
  flush();
  return blocks;
}

function* toList(
  { start, items: sources }: ListOf<ListItem>,
  state: InlineState,
): Steps<Block> {
  const items: Document[] = [];
  for (const [index, source] of sources.entries()) {
    items.push(toItem(source, state));
    if (index % BLOCKS_A_STEP === BLOCKS_A_STEP - 1) yield;
  }
  return { kind: "list", start, items };
}

function toItem({ loose, blocks }: ListItem, state: InlineState): Document {
  return toBlocks(blocks, state, loose ? "paragraph" : "line");
}

function toBlock(source: SourceBlock, state: InlineState): Block {
  switch (source.kind) {
    case "gap":
    case "rule":
      return source;
    case "code":
    case "markup":
      return { kind: "verbatim", text: source.text };
    case "heading": {
      const { level } = source;
      const content = readInline(source.text, state);
      return level === 1 || level === 2
        ? { kind: "heading", level, content }
        : { kind: "paragraph", content };
    }
    case "paragraph":
    case "line":
      return { kind: "paragraph", content: readInline(source.text, state) };
    case "quote":
      return { kind: "quote", blocks: toBlocks(source.blocks, state, "paragraph") };
    case "list": {
      const items = source.items.map((item) => toItem(item, state));
      return { kind: "list", start: source.start, items };
    }
  }
}
