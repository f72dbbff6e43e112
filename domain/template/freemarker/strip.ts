/**
 * Removes white space as FreeMarker does: on lines that contain only tags, and where `[#t]`, `[#lt]` and `[#rt]` say
 * so.
 */
import type { Piece } from "./lex.ts";

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

const LINE_END = /\r\n|\r|\n/;

function isTrim(piece: Piece | undefined, ...names: readonly string[]): boolean {
  return piece?.kind === "open" && names.includes(piece.directive);
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** The offset of a text's last line; `undefined` for a text on one line. */
function lastLine(text: string): number | undefined {
  for (let at = text.length; at > 0; at--) {
    if (text.charAt(at - 1) === "\n" || text.charAt(at - 1) === "\r") return at;
  }
  return undefined;
}

/** Directives that write nothing and have no content. */
const SILENT: ReadonlySet<string> = new Set(["assign", "global", "local", "setting"]);
const CASES: ReadonlySet<string> = new Set(["case", "default"]);
const DEFINING: ReadonlySet<string> = new Set(["macro", "function"]);

/** Whether a directive that writes nothing ends with this piece, or begins with it. */
function isSilent(piece: Piece | undefined, isBefore: boolean): boolean {
  // The start and the end of the template.
  if (piece === undefined || piece.kind === "comment") return true;
  if (piece.kind === "close") return isBefore && DEFINING.has(piece.directive);
  if (piece.kind !== "open") return false;
  // `[#assign x]` has content up to its closing tag.
  const hasContent = piece.tokens.length <= 2;
  return SILENT.has(piece.directive) ? !hasContent : !isBefore && DEFINING.has(piece.directive);
}

/** Whether a text is white space between directives that write nothing: it is dropped, and counts as not there. */
function isIgnored(pieces: readonly Piece[], index: number): boolean {
  const [before, piece, after] = [pieces[index - 1], pieces[index], pieces[index + 1]];
  if (piece?.kind !== "text" || !isBlank(piece.text)) return false;
  const isBeforeCase = before?.kind === "open" && before.directive === "switch" &&
    after?.kind === "open" && CASES.has(after.directive);
  return isBeforeCase || (isSilent(before, true) && isSilent(after, false));
}

/** Whether a piece ends the line in which it begins. */
function hasLineEnd(piece: Piece): boolean {
  return piece.kind !== "text" && piece.kind !== "comment" && LINE_END.test(piece.written);
}

const ASSIGNING: ReadonlySet<string> = new Set(["assign", "global", "local"]);

/** The other end of each macro, function and assigned text: what is in them does not stand in the line. */
function findEnds(pieces: readonly Piece[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  pieces.forEach((piece, index) => {
    if (piece.kind !== "open" && piece.kind !== "close") return;
    const hasContent = ASSIGNING.has(piece.directive) && piece.tokens.length <= 2;
    if (!DEFINING.has(piece.directive) && !hasContent) return;
    if (piece.kind === "open") {
      open.push(index);
      return;
    }
    const start = open.pop();
    if (start === undefined) return;
    ends.set(start, index);
    ends.set(index, start);
  });
  return ends;
}

function spansLines(pieces: readonly Piece[], first: number, last: number): boolean {
  return pieces.slice(first, last + 1).some((piece) =>
    piece.kind === "comment"
      ? piece.hasLines
      : LINE_END.test(piece.kind === "text" ? piece.text : piece.written)
  );
}

/** Whether the rest of a line has tags only. `step` is 1 after a text, -1 before it. */
function hasOnlyTags(
  pieces: readonly Piece[],
  ends: ReadonlyMap<number, number>,
  from: number,
  step: 1 | -1,
): boolean {
  for (let index = from + step; index >= 0 && index < pieces.length; index += step) {
    const piece = pieces[index];
    const end = ends.get(index);
    if (end !== undefined && (end - index) * step > 0) {
      if (spansLines(pieces, Math.min(index, end), Math.max(index, end))) return true;
      index = end;
      continue;
    }
    if (piece === undefined || piece.kind === "output" || isTrim(piece, "nt")) return false;
    if (piece.kind === "text") {
      if (isIgnored(pieces, index)) {
        if (LINE_END.test(piece.text)) return true;
        continue;
      }
      const text = step === 1
        ? piece.text.slice(0, piece.text.search(LINE_END))
        : piece.text.slice(lastLine(piece.text) ?? 0);
      return LINE_END.test(piece.text) && isBlank(text);
    }
    if (hasLineEnd(piece)) return true;
    // A comment ends the line of what follows it, not of what stands before it.
    if (step === -1 && piece.kind === "comment" && piece.hasLines) return true;
  }
  return true;
}

/** Cuts the indentation and line end of lines that have tags only. */
function cutTagLines(pieces: readonly Piece[], cuts: Cuts): void {
  const ends = findEnds(pieces);
  pieces.forEach((piece, index) => {
    // The text at the start of the template keeps its white space.
    if (piece.kind !== "text" || index === 0) return;
    const { text } = piece;
    const last = lastLine(text);
    const first = LINE_END.exec(text);
    if (last === undefined || first === null) return;
    const end = first.index + first[0].length;
    if (isBlank(text.slice(0, end)) && hasOnlyTags(pieces, ends, index, -1)) {
      addCut(cuts, index, 0, end);
    }
    const isTail = isBlank(text.slice(last)) && hasOnlyTags(pieces, ends, index, 1);
    if (isTail) addCut(cuts, index, last, text.length);
  });
}

/** Cuts the white space with which a text's last line begins. */
function cutLineStart(piece: Piece | undefined, index: number, cuts: Cuts): void {
  if (piece?.kind !== "text") return;
  const start = lastLine(piece.text) ?? 0;
  const line = piece.text.slice(start);
  addCut(cuts, index, start, start + line.length - line.trimStart().length);
}

/** Cuts the white space at the end of a text's first line, with the line's end. */
function cutLineRest(piece: Piece | undefined, index: number, cuts: Cuts): void {
  if (piece?.kind !== "text") return;
  const end = LINE_END.exec(piece.text);
  const text = end === null ? piece.text : piece.text.slice(0, end.index + end[0].length);
  addCut(cuts, index, text.trimEnd().length, text.length);
}

/** Cuts what `[#t]`, `[#lt]` and `[#rt]` name: each line is gone through once in both directions. */
function cutTrims(pieces: readonly Piece[], cuts: Cuts): void {
  const hasLineEnd = (piece: Piece | undefined) =>
    piece?.kind === "text" && LINE_END.test(piece.text);
  // The piece in which the present line begins; `undefined` once its start was cut.
  let start: number | undefined = 0;
  pieces.forEach((piece, index) => {
    if (isTrim(piece, "t", "lt") && start !== undefined) {
      cutLineStart(pieces[start], start, cuts);
      start = undefined;
    }
    if (hasLineEnd(piece)) start = index;
  });
  let end: number | undefined = pieces.length - 1;
  for (let index = pieces.length - 1; index >= 0; index--) {
    if (isTrim(pieces[index], "t", "rt") && end !== undefined) {
      cutLineRest(pieces[end], end, cuts);
      end = undefined;
    }
    if (hasLineEnd(pieces[index])) end = index;
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
 * Removes the indentation and line end of lines that contain only tags, as FreeMarker does. `[#lt]` removes the white
 * space at the start of its line, `[#rt]` that at the end of its line with the line end, and `[#t]` both.
 */
export function stripWhiteSpace(pieces: readonly Piece[]): readonly Piece[] {
  const cuts: Cuts = new Map();
  cutTagLines(pieces, cuts);
  if (pieces.some((piece) => isTrim(piece, "t", "lt", "rt"))) cutTrims(pieces, cuts);
  return pieces.map((piece, index) => {
    const cut = cuts.get(index);
    if (cut === undefined || piece.kind !== "text") return piece;
    return { kind: "text", text: withoutCuts(piece.text, cut) };
  });
}

/** Removes the blank rest of the line of the header `[#ftl …]` with its line end, which FreeMarker does not send. */
export function stripHeaderLine(pieces: readonly Piece[]): readonly Piece[] {
  const header = pieces.findIndex((piece) => piece.kind === "open" && piece.directive === "ftl");
  return header === -1
    ? pieces
    : pieces.map((piece, index) =>
      index === header + 1 && piece.kind === "text"
        ? { ...piece, text: piece.text.replace(/^[ \t]*(?:\r\n|\n|\r)/, "") }
        : piece
    );
}
