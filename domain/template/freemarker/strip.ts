/**
 * Removes white space as FreeMarker does: on lines that contain only tags, and where `[#t]`, `[#lt]` and `[#rt]` say
 * so. It follows FreeMarker 2.3.31 step by step, with its peculiarities, since templates were tried there.
 */
import type { Piece } from "./lex.ts";
import { buildTree, firstLeaf, lastLeaf, type StripNode } from "./strip_tree.ts";

/** Whether a text has nothing but white space, by FreeMarker's measure. */
// deno-lint-ignore no-control-regex -- all characters up to the blank count, as in Java's `trim`
const TRIMMABLE = /^[\u0000- ]*$/;
const isTrimmable = (text: string) => TRIMMABLE.test(text);

/** Java's white space: no-break blanks do not count. */
const WHITE_SPACE =
  "\\t-\\r\\u001c-\\u0020\\u1680\\u2000-\\u2006\\u2008-\\u200a\\u2028\\u2029\\u205f\\u3000";
const LEADING = new RegExp(`^[${WHITE_SPACE}]*`);
const TRAILING = new RegExp(`[${WHITE_SPACE}]*$`);

function firstLineEnd(text: string): number {
  return text.search(/[\r\n]/);
}

function lastLineEnd(text: string): number {
  return Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
}

/** The offset after the line end at this offset. */
function afterLineEnd(text: string, at: number): number {
  return text.charAt(at) === "\r" && text.charAt(at + 1) === "\n" ? at + 2 : at + 1;
}

function neighbourOf(node: StripNode, step: 1 | -1): StripNode | undefined {
  return node.parent?.children[node.index + step];
}

/** The next or previous piece of the template that stands in no other. */
function nextTerminal(from: StripNode, step: 1 | -1): StripNode | undefined {
  for (let node: StripNode | undefined = from; node !== undefined; node = node.parent) {
    const neighbour = neighbourOf(node, step);
    if (neighbour !== undefined) return step === 1 ? firstLeaf(neighbour) : lastLeaf(neighbour);
  }
  return undefined;
}

/** The pieces in the same line as the end of a text (`step` 1) or as its beginning, from there on. */
function* inLine(node: StripNode, step: 1 | -1): Generator<StripNode> {
  let other = nextTerminal(node, step);
  while (
    other !== undefined &&
    (step === 1 ? other.beginLine === node.endLine : other.endLine === node.beginLine)
  ) {
    yield other;
    other = nextTerminal(other, step);
  }
}

function isIgnorable(
  node: StripNode,
  before: StripNode | undefined,
  after: StripNode | undefined,
): boolean {
  if (node.kind === "trim") return true;
  if (node.kind === "block") return node.vanishes && node.children.length === 0;
  if (node.kind !== "text") return false;
  if (node.text === "") return true;
  if (!isTrimmable(node.text)) return false;
  const isTop = node.parent?.parent === undefined;
  const isSilent = (other: StripNode | undefined) => other === undefined ? isTop : other.isSilent;
  return isSilent(before) && isSilent(after);
}

/** Whether a piece is shown in its line before (`step` 1) or behind (-1) the tags beside it. */
function heeds(node: StripNode, step: 1 | -1): boolean {
  if (node.kind === "output") return true;
  if (node.kind !== "text") return false;
  if (isIgnorable(node, neighbourOf(node, -1), neighbourOf(node, 1))) return false;
  const { text } = node;
  const line = step === 1
    ? text.slice(0, firstLineEnd(text) === -1 ? undefined : firstLineEnd(text))
    : text.slice(lastLineEnd(text) + 1);
  const hasLineEnd = line.length < text.length;
  return !hasLineEnd || line.length !== (LEADING.exec(line)?.[0].length ?? 0);
}

/** Removes what a `[#t]` or `[#lt]` further on in the line says. @returns whether one, or a `[#nt]`, stands there */
function trimLeft(node: StripNode): boolean {
  if (lastLineEnd(node.text) === -1 && !node.beginsLine) return false;
  let found = false;
  for (const other of inLine(node, 1)) {
    if (other.kind !== "trim") continue;
    if (!other.left && !other.right) found = true;
    if (!other.left) continue;
    found = true;
    const { text } = node;
    const start = lastLineEnd(text) + 1;
    if (start === 0 && !node.beginsLine) continue;
    const line = text.slice(start);
    node.text = text.slice(0, start) + (isTrimmable(line) ? "" : line.replace(LEADING, ""));
  }
  return found;
}

/** What follows the first line of a text that a `[#t]` or `[#rt]` has trimmed, where it is white space itself. */
function keepsRest(node: StripNode): boolean {
  let keeps = false;
  for (const other of inLine(node, 1)) {
    if (heeds(other, -1)) keeps = true;
    if (other.kind === "trim" && other.left) return false;
  }
  return keeps;
}

/** Removes what a `[#t]` or `[#rt]` earlier in the line says. @returns whether one, or a `[#nt]`, stands there */
function trimRight(node: StripNode): boolean {
  if (firstLineEnd(node.text) === -1 && !node.beginsLine) return false;
  let found = false;
  for (const other of inLine(node, -1)) {
    if (other.kind !== "trim") continue;
    if (!other.left && !other.right) found = true;
    if (!other.right) continue;
    found = true;
    const { text } = node;
    const lineEnd = firstLineEnd(text);
    if (lineEnd === -1) return false;
    const at = afterLineEnd(text, lineEnd);
    const [first, rest] = [text.slice(0, at), text.slice(at)];
    if (isTrimmable(first)) {
      node.text = rest;
      node.beginLine++;
      node.beginsLine = true;
    } else {
      const isDropped = isTrimmable(rest) && !keepsRest(node);
      node.text = first.replace(TRAILING, "") + (isDropped ? "" : rest);
    }
  }
  return found;
}

/** The length of the white space, with its line end, that ends a line of tags before the text. */
function openingLength(node: StripNode): number {
  const { text } = node;
  const lineEnd = firstLineEnd(text);
  if (lineEnd === -1 && !node.beginsLine) return 0;
  const length = lineEnd === -1 ? 0 : afterLineEnd(text, lineEnd);
  if (!isTrimmable(text.slice(0, length))) return 0;
  for (const other of inLine(node, -1)) if (heeds(other, -1)) return 0;
  return length;
}

/** The length of the white space that begins a line of tags after the text. */
function closingLength(node: StripNode): number {
  const { text } = node;
  const lineEnd = lastLineEnd(text);
  if (lineEnd === -1 && !node.beginsLine) return 0;
  if (!isTrimmable(text.slice(lineEnd + 1))) return 0;
  for (const other of inLine(node, 1)) if (heeds(other, 1)) return 0;
  return text.length - (lineEnd + 1);
}

function cleanText(node: StripNode): void {
  if (node.text === "") return;
  const isTrimmedLeft = trimLeft(node);
  const isTrimmedRight = trimRight(node);
  // The text at the start of the template keeps its white space.
  if (node.text === "" || (node.parent?.parent === undefined && node.index === 0)) return;
  const closing = isTrimmedLeft ? 0 : closingLength(node);
  const opening = isTrimmedRight ? 0 : openingLength(node);
  if (opening === 0 && closing === 0) return;
  node.text = node.text.slice(opening, Math.max(opening, node.text.length - closing));
  if (opening > 0) {
    node.beginLine++;
    node.beginsLine = true;
  }
}

function clean(node: StripNode): void {
  if (node.kind === "text") return cleanText(node);
  for (const child of node.children) clean(child);
  // A template that is one part is kept.
  if (node.parent === undefined && node.children.length === 1) return;
  const kept: StripNode[] = [];
  for (const [at, child] of node.children.entries()) {
    if (isIgnorable(child, kept.at(-1), node.children[at + 1])) child.text = "";
    else kept.push(child);
  }
  kept.forEach((child, index) => child.index = index);
  node.children = kept;
}

/**
 * Removes the indentation and line end of lines that contain only tags, and white space between tags that write
 * nothing, as FreeMarker does. `[#lt]` removes the white space at the start of its line, `[#rt]` that at the end of its
 * line with the line end, and `[#t]` both.
 *
 * @param template the text that the pieces are of
 */
export function stripWhiteSpace(pieces: readonly Piece[], template: string): readonly Piece[] {
  const tree = buildTree(pieces, template);
  if (tree === undefined) return pieces;
  clean(tree.root);
  return pieces.map((piece, index) => {
    const text = tree.texts.get(index)?.text;
    return piece.kind !== "text" || text === undefined || text === piece.text
      ? piece
      : { ...piece, text };
  });
}

/**
 * Removes the white space before the header `[#ftl …]`, and the blank rest of its line with the line end: FreeMarker does
 * not send them.
 */
export function stripHeaderLine(pieces: readonly Piece[]): readonly Piece[] {
  const header = pieces.findIndex((piece) => piece.kind === "open" && piece.directive === "ftl");
  if (header === -1) return pieces;
  return pieces.map((piece, index) => {
    if (piece.kind !== "text" || index > header + 1) return piece;
    if (index < header) return { ...piece, text: "" };
    const text = piece.text.replace(/^[ \t]*(?:\r\n|\n|\r)/, "");
    return { ...piece, text, at: piece.at + piece.text.length - text.length };
  });
}
