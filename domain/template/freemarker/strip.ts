/** Removes white space as FreeMarker does: the lines of tags alone, and what `[#t]` and its kin name. */
import type { Piece } from "./lex.ts";

const BLANK = /^[ \t]*$/;
const BLANK_LINE = /^[ \t]*(?:\r\n|\n|\r)/;

/** The offset of a text's last line; `undefined` for a text on one line. */
function lastLine(text: string): number | undefined {
  let start: number | undefined;
  for (let at = text.length; at > 0 && start === undefined; at--) {
    if (text.charAt(at - 1) === "\n" || text.charAt(at - 1) === "\r") start = at;
  }
  return start;
}

/** Length of the indentation before a run of tags; `undefined` where their line has other content before them. */
function indentation(pieces: readonly Piece[], first: number): number | undefined {
  const before = pieces[first - 1];
  if (before === undefined) return 0;
  if (before.kind !== "text") return undefined;
  const start = lastLine(before.text) ?? (first === 1 ? 0 : undefined);
  if (start === undefined || !BLANK.test(before.text.slice(start))) return undefined;
  return before.text.length - start;
}

/** Length of the line end after a run of tags; `undefined` where their line has other content after them. */
function lineEnd(pieces: readonly Piece[], next: number): number | undefined {
  const after = pieces[next];
  if (after === undefined) return 0;
  if (after.kind !== "text") return undefined;
  const ended = BLANK_LINE.exec(after.text)?.[0].length;
  if (ended !== undefined) return ended;
  return next === pieces.length - 1 && BLANK.test(after.text) ? after.text.length : undefined;
}

/** A part of a text piece to remove. */
interface Cut {
  readonly from: number;
  readonly to: number;
}

type Cuts = Map<number, Cut[]>;

function addCut(cuts: Cuts, index: number, from: number, to: number): void {
  if (to <= from) return;
  const known = cuts.get(index);
  if (known === undefined) cuts.set(index, [{ from, to }]);
  else known.push({ from, to });
}

function lengthOf(piece: Piece | undefined): number {
  return piece?.kind === "text" ? piece.text.length : 0;
}

function isTag(piece: Piece | undefined): boolean {
  return piece !== undefined && piece.kind !== "text" && piece.kind !== "raw" &&
    piece.kind !== "output";
}

function isTrim(piece: Piece | undefined, ...names: readonly string[]): boolean {
  return piece?.kind === "open" && names.includes(piece.directive);
}

/** Cuts the indentation and line end of lines that have tags only, unless an `[#nt]` is among them. */
function cutTagLines(pieces: readonly Piece[], cuts: Cuts): void {
  for (let first = 0; first < pieces.length; first++) {
    if (!isTag(pieces[first])) continue;
    let next = first;
    let isKept = false;
    while (isTag(pieces[next])) isKept = isTrim(pieces[next++], "nt") || isKept;
    const head = lineEnd(pieces, next);
    const tail = indentation(pieces, first);
    if (head !== undefined && tail !== undefined && !isKept) {
      const length = lengthOf(pieces[first - 1]);
      addCut(cuts, next, 0, head);
      addCut(cuts, first - 1, length - tail, length);
    }
    first = next;
  }
}

/** Cuts the white space at the start of the line in which a tag stands. */
function cutLineStart(pieces: readonly Piece[], at: number, cuts: Cuts): void {
  let found = at;
  let start = 0;
  for (let index = at - 1; index >= 0; index--) {
    const piece = pieces[index];
    if (piece?.kind !== "text") {
      found = index;
      continue;
    }
    const line = lastLine(piece.text);
    found = index;
    start = line ?? 0;
    if (line !== undefined) break;
  }
  const piece = pieces[found];
  if (piece?.kind !== "text") return;
  const blank = piece.text.slice(start).length - piece.text.slice(start).trimStart().length;
  addCut(cuts, found, start, start + blank);
}

/** Cuts the white space at the end of the line in which a tag stands, and the line's end. */
function cutLineRest(pieces: readonly Piece[], at: number, cuts: Cuts): void {
  for (let index = at + 1; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece?.kind !== "text") continue;
    const line = /^[^\r\n]*(?:\r\n|\r|\n)/.exec(piece.text)?.[0];
    const isLast = index === pieces.length - 1;
    if (line === undefined && !isLast) continue;
    const text = line ?? piece.text;
    return addCut(cuts, index, text.trimEnd().length, text.length);
  }
}

function withoutCuts(text: string, cuts: readonly Cut[]): string {
  let out = "";
  let at = 0;
  for (const { from, to } of cuts.toSorted((left, right) => left.from - right.from)) {
    if (from > at) out += text.slice(at, from);
    at = Math.max(at, to);
  }
  return out + text.slice(at);
}

/**
 * Removes the indentation and line end of lines that contain only tags, as FreeMarker does, and what `[#t]`, `[#lt]` and
 * `[#rt]` name in their lines.
 */
export function stripWhiteSpace(pieces: readonly Piece[]): readonly Piece[] {
  const cuts: Cuts = new Map();
  cutTagLines(pieces, cuts);
  pieces.forEach((piece, index) => {
    if (isTrim(piece, "t", "lt")) cutLineStart(pieces, index, cuts);
    if (isTrim(piece, "t", "rt")) cutLineRest(pieces, index, cuts);
  });
  return pieces.map((piece, index) => {
    const cut = cuts.get(index);
    if (cut === undefined || piece.kind !== "text") return piece;
    return { kind: "text", text: withoutCuts(piece.text, cut) };
  });
}
