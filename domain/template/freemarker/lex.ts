/** Tokenizes a FreeMarker template with square-bracket tags into text, outputs and tags. */
import { ok, type Result } from "../../result.ts";
import { type FaultAt, faultAt } from "./fault.ts";
import { readTokens, type Token } from "./tokens.ts";

/** The supported directives. */
const DIRECTIVES = ["if", "elseif", "else", "list", "sep"] as const;

/** The name of a supported directive, as in `[#if …]`. */
export type Directive = typeof DIRECTIVES[number];

/**
 * A token of a FreeMarker template: text, an output `${…}`, a comment, or a tag `[#if …]` (`open`) or `[/#if]`
 * (`close`). Its `tokens` are those of its expression, `written` is its source, and `at` its offset. White space
 * stripping needs comments.
 */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly tokens: readonly Token[]; readonly written: string }
  | { readonly kind: "comment" }
  | {
    readonly kind: "open" | "close";
    readonly directive: Directive;
    readonly tokens: readonly Token[];
    readonly written: string;
    readonly at: number;
  };

const MARKUP = /[$#]\{|\[#--|\[\/?#(?=\p{L})|\[\/?@(?=[\p{L}\]])|<\/?[#@](?=\p{L})|<#--/gu;
const NAME = /[\p{L}_]+/yu;
const CLOSES: ReadonlySet<Directive> = new Set(["if", "list", "sep"]);

function isDirective(name: string): name is Directive {
  const names: readonly string[] = DIRECTIVES;
  return names.includes(name);
}

/** Reads the token that begins with an opening mark; returns it and the offset after it. */
function readPiece(
  text: string,
  mark: string,
  at: number,
): Result<{ readonly piece: Piece; readonly end: number }, FaultAt> {
  const from = at + mark.length;
  if (mark === "[#--") {
    const close = text.indexOf("--]", from);
    if (close === -1) return faultAt("unclosed", at, "No --] closes this comment");
    return ok({ piece: { kind: "comment" }, end: close + 3 });
  }
  if (mark.startsWith("<")) {
    return faultAt(
      "angle-bracket-directive",
      at,
      "Directives are written in square brackets: [#if",
    );
  }
  if (mark.endsWith("@")) {
    return faultAt("unknown-directive", at, "There are no macros here");
  }
  if (mark === "#{") {
    return faultAt("unknown-directive", at, "There is no #{…} here: write ${…}");
  }
  if (mark === "${") {
    const read = readTokens(text, from, "}", at);
    if (!read.ok) return read;
    const { tokens, end } = read.value;
    return ok({ piece: { kind: "output", tokens, written: text.slice(at, end) }, end });
  }
  NAME.lastIndex = from;
  const name = NAME.exec(text)?.[0] ?? "";
  const kind = mark === "[#" ? "open" : "close";
  if (!isDirective(name) || (kind === "close" && !CLOSES.has(name))) {
    const written = text.slice(at, from) + name.slice(0, 40);
    return faultAt("unknown-directive", at, `There is no directive ${written}] here`);
  }
  const read = readTokens(text, from + name.length, "]", at);
  if (!read.ok) return read;
  const { tokens, end } = read.value;
  const written = text.slice(at, end);
  return ok({ piece: { kind, directive: name, tokens, written, at }, end });
}

/** Whether a text contains FreeMarker markup, valid or not. */
export function hasMarkup(text: string): boolean {
  return text.search(MARKUP) !== -1;
}

/** Tokenizes a FreeMarker template in linear time. It refuses unsupported directives and what is not closed. */
export function lexFreemarker(text: string): Result<readonly Piece[], FaultAt> {
  const pieces: Piece[] = [];
  const markup = new RegExp(MARKUP);
  let from = 0;
  for (;;) {
    markup.lastIndex = from;
    const match = markup.exec(text);
    const at = match?.index ?? text.length;
    if (at > from) pieces.push({ kind: "text", text: text.slice(from, at) });
    if (match === null) return ok(pieces);
    const read = readPiece(text, match[0], at);
    if (!read.ok) return read;
    pieces.push(read.value.piece);
    from = read.value.end;
  }
}

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

/** Removes the indentation and line end of lines that contain only tags, as FreeMarker does. */
export function stripWhiteSpace(pieces: readonly Piece[]): readonly Piece[] {
  const cuts = new Map<number, { head: number; tail: number }>();
  const cutOf = (index: number) => {
    const cut = cuts.get(index) ?? { head: 0, tail: 0 };
    cuts.set(index, cut);
    return cut;
  };
  const isTag = (piece: Piece | undefined) =>
    piece !== undefined && piece.kind !== "text" && piece.kind !== "output";
  for (let first = 0; first < pieces.length; first++) {
    if (!isTag(pieces[first])) continue;
    let next = first + 1;
    while (isTag(pieces[next])) next++;
    const head = lineEnd(pieces, next);
    const tail = indentation(pieces, first);
    if (head !== undefined && tail !== undefined) {
      cutOf(next).head = head;
      cutOf(first - 1).tail = tail;
    }
    first = next;
  }
  return pieces.map((piece, index) => {
    const cut = cuts.get(index);
    if (cut === undefined || piece.kind !== "text") return piece;
    const { text } = piece;
    return { kind: "text", text: text.slice(cut.head, Math.max(cut.head, text.length - cut.tail)) };
  });
}
