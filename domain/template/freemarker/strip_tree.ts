/** The tree of a template's pieces by which white space is stripped: it has the nodes that FreeMarker's own has. */
import { MAX_DIRECTIVE_DEPTH } from "./fault.ts";
import type { DirectiveName, Piece } from "./lex.ts";

/** A node of the tree. Lines count from 1. */
export interface StripNode {
  readonly kind: "text" | "output" | "trim" | "block" | "tag";
  readonly name: string;
  parent: StripNode | undefined;
  index: number;
  children: StripNode[];
  /** What is left of a text; empty for other nodes. */
  text: string;
  beginLine: number;
  endLine: number;
  /** Whether it begins in the first column of its line. */
  beginsLine: boolean;
  /** Whether a search for the neighbour of a text does not look into it: macros and assigned texts. */
  readonly isSealed: boolean;
  /** Whether it writes nothing where it stands, so that white space beside it is dropped. */
  readonly isSilent: boolean;
  /** Whether it is dropped where it has no content. */
  readonly vanishes: boolean;
  /** For `[#t]`, `[#lt]`, `[#rt]` and `[#nt]`: the sides that it trims. */
  readonly left: boolean;
  readonly right: boolean;
}

const SIDES: Readonly<Partial<Record<DirectiveName, readonly [left: boolean, right: boolean]>>> = {
  t: [true, true],
  lt: [true, false],
  rt: [false, true],
  nt: [false, false],
};
const ASSIGNING: ReadonlySet<string> = new Set(["assign", "global", "local"]);
const DEFINING: ReadonlySet<string> = new Set(["macro", "function"]);
/** Directives around a content, other than those with parts. */
const BLOCKS: ReadonlySet<string> = new Set([
  "list",
  "foreach",
  "items",
  "sep",
  "compress",
  "escape",
  "noescape",
  "outputformat",
  "autoesc",
  "noautoesc",
]);
const VANISHING: ReadonlySet<string> = new Set([
  "compress",
  "outputformat",
  "autoesc",
  "noautoesc",
  "attempted",
]);

/** The first piece in a node that stands in no other. */
export function firstLeaf(node: StripNode): StripNode {
  const [first] = node.children;
  return first === undefined || node.isSealed ? node : firstLeaf(first);
}

/** The last piece in a node that stands in no other. */
export function lastLeaf(node: StripNode): StripNode {
  const last = node.children.at(-1);
  return last === undefined || node.isSealed ? node : lastLeaf(last);
}

/** Converts offsets, each at least as large as the one before, to lines. */
function lineReader(template: string): (at: number) => { line: number; isFirst: boolean } {
  const lineEnd = /\r\n|\n|\r/g;
  let line = 1;
  let start = 0;
  let next = 0;
  const advance = () => {
    const found = lineEnd.exec(template);
    next = found === null ? Infinity : found.index + found[0].length;
  };
  advance();
  return (at) => {
    while (at >= next) {
      line++;
      start = next;
      advance();
    }
    return { line, isFirst: at === start };
  };
}

function newNode(
  kind: StripNode["kind"],
  name: string,
  lines: Pick<StripNode, "beginLine" | "endLine" | "beginsLine">,
  more: Partial<Pick<StripNode, "text" | "isSealed" | "isSilent" | "left" | "right">> = {},
): StripNode {
  return {
    kind,
    name,
    parent: undefined,
    index: 0,
    children: [],
    text: "",
    isSealed: false,
    isSilent: false,
    vanishes: VANISHING.has(name),
    left: false,
    right: false,
    ...lines,
    ...more,
  };
}

/** The tree while it is built. */
interface Builder {
  readonly root: StripNode;
  /** The open nodes, the innermost last. */
  readonly open: StripNode[];
}

function add({ root, open }: Builder, node: StripNode): StripNode {
  const parent = open.at(-1) ?? root;
  node.parent = parent;
  node.index = parent.children.length;
  parent.children.push(node);
  return node;
}

function begin(builder: Builder, node: StripNode): void {
  builder.open.push(add(builder, node));
}

/** Ends the innermost open node of this name and those in it. */
function end({ open }: Builder, name: string, endLine: number): void {
  const at = open.findLastIndex((node) => node.name === name);
  if (at === -1) return;
  for (const node of open.splice(at)) if (node.name === name) node.endLine = endLine;
}

/** Makes the `[#else]` of a list a part of its own beside the list, both in one node. */
function beginElseOfList(builder: Builder, node: StripNode): void {
  const at = builder.open.findLastIndex(({ name }) => name === "list" || name === "foreach");
  const list = builder.open[at];
  if (list?.parent === undefined) return;
  const container = newNode("block", list.name, {
    beginLine: list.beginLine,
    endLine: list.endLine,
    beginsLine: list.beginsLine,
  });
  container.parent = list.parent;
  container.index = list.index;
  list.parent.children[list.index] = container;
  builder.open.splice(at);
  builder.open.push(container);
  list.index = 0;
  list.parent = container;
  container.children.push(list);
  begin(builder, node);
}

type Lines = Pick<StripNode, "beginLine" | "endLine" | "beginsLine">;

function openPart(builder: Builder, name: string, lines: Lines): void {
  switch (name) {
    case "if":
      begin(builder, newNode("block", "if", lines));
      return begin(builder, newNode("block", "arm", lines));
    case "elseif":
    case "else": {
      const inner = builder.open.findLast((node) =>
        node.name === "arm" || node.name === "list" || node.name === "foreach"
      );
      if (inner?.name !== "arm") {
        return beginElseOfList(builder, newNode("block", "else", lines));
      }
      end(builder, "arm", inner.children.at(-1)?.endLine ?? inner.endLine);
      return begin(builder, newNode("block", "arm", lines));
    }
    case "switch":
      return begin(builder, newNode("block", "switch", lines));
    case "case":
    case "default": {
      const at = builder.open.findLastIndex((node) => node.name === "switch");
      const part = builder.open[at + 1];
      const own = builder.open[at];
      if (part?.name === "case") {
        end(builder, "case", part.children.at(-1)?.endLine ?? part.endLine);
      } // What stands before the first case is no part of the switch.
      else if (own?.children.every((child) => child.name !== "case")) own.children = [];
      return begin(builder, newNode("block", "case", lines));
    }
    case "attempt":
      begin(builder, newNode("block", "attempt", lines));
      return begin(builder, newNode("block", "attempted", lines));
    case "recover": {
      const attempted = builder.open.findLast((node) => node.name === "attempted");
      end(builder, "attempted", lines.beginLine);
      // FreeMarker has a text without a place there, which ends the search for neighbours.
      if (attempted?.children.length === 0) {
        attempted.beginLine = 0;
        attempted.endLine = 0;
      }
      return begin(builder, newNode("block", "recover", lines));
    }
  }
}

const PARTED: ReadonlySet<string> = new Set([
  "if",
  "elseif",
  "else",
  "switch",
  "case",
  "default",
  "attempt",
  "recover",
]);

function addPiece(builder: Builder, piece: Piece, lines: Lines): StripNode | undefined {
  switch (piece.kind) {
    case "text":
      if (piece.text === "") return undefined;
      return add(builder, newNode("text", "", lines, { text: piece.text }));
    case "output":
      add(builder, newNode("output", "", lines));
      return undefined;
    case "comment":
      add(builder, newNode("tag", "comment", lines, { isSilent: true }));
      return undefined;
    case "call":
      if (piece.isClosed) add(builder, newNode("tag", "call", lines));
      else begin(builder, newNode("block", "call", lines));
      return undefined;
    case "end-call":
      end(builder, "call", lines.endLine);
      return undefined;
    case "close": {
      const { directive } = piece;
      const { open } = builder;
      if (directive === "if") {
        const own = open.findLast((node) => node.name === "if");
        // The only arm of an [#if] ends with it.
        const [arm, second] = own?.children ?? [];
        end(builder, "if", lines.endLine);
        if (arm !== undefined && second === undefined) arm.endLine = lines.endLine;
      } else if (directive === "list" || directive === "foreach") {
        const own = open.findLast((node) => node.name === directive);
        const [list] = own?.children ?? [];
        end(builder, directive, lines.endLine);
        if (list?.name === directive) list.endLine = lines.endLine;
      } else if (directive === "recover") end(builder, "attempt", lines.endLine);
      else end(builder, directive, lines.endLine);
      return undefined;
    }
    case "open":
      break;
  }
  const { directive: name, tokens } = piece;
  const sides = SIDES[name];
  if (sides !== undefined) {
    add(builder, newNode("trim", name, lines, { left: sides[0], right: sides[1] }));
  } else if (name === "ftl") return undefined;
  else if (PARTED.has(name)) openPart(builder, name, lines);
  else if (DEFINING.has(name)) {
    begin(builder, newNode("block", name, lines, { isSealed: true, isSilent: true }));
  } else if (ASSIGNING.has(name) && tokens.length <= 2) {
    begin(builder, newNode("block", name, lines, { isSealed: true }));
  } else if (BLOCKS.has(name)) begin(builder, newNode("block", name, lines));
  else {
    const isSilent = ASSIGNING.has(name) || name === "setting";
    add(builder, newNode("tag", name, lines, { isSilent }));
  }
  return undefined;
}

/** What is stripped: the tree, and its texts by the indexes of their pieces. */
export interface StripTree {
  readonly root: StripNode;
  readonly texts: ReadonlyMap<number, StripNode>;
}

/**
 * Builds the tree of a template's pieces. A template that is not well formed has some tree: it is refused later.
 *
 * @param template the text that the pieces are of
 * @returns `undefined` for a template whose directives nest deeper than is allowed
 */
export function buildTree(pieces: readonly Piece[], template: string): StripTree | undefined {
  const lineOf = lineReader(template);
  const header = pieces.findIndex((piece) => piece.kind === "open" && piece.directive === "ftl");
  const root = newNode("block", "root", { beginLine: 1, endLine: 1, beginsLine: true });
  const builder: Builder = { root, open: [] };
  const texts = new Map<number, StripNode>();
  for (const [index, piece] of pieces.entries()) {
    const { line: beginLine, isFirst } = lineOf(piece.at);
    // To FreeMarker a tab stands in column 8.
    const beginsLine = isFirst && template.charAt(piece.at) !== "\t";
    const after = pieces[index + 1]?.at ?? template.length;
    const { line: endLine } = lineOf(Math.max(piece.at, after - 1));
    if (index < header) continue;
    const node = addPiece(builder, piece, { beginLine, endLine, beginsLine });
    if (node !== undefined) texts.set(index, node);
    if (builder.open.length > MAX_DIRECTIVE_DEPTH * 3) return undefined;
  }
  return { root, texts };
}
