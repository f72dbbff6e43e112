/** Tokenizes a FreeMarker template with square-bracket tags into text, outputs and tags. */
import { ok, type Result } from "../../result.ts";
import {
  type FaultAt,
  faultAt,
  MAX_TEMPLATE_TAGS,
  newTemplateBudget,
  type TemplateBudget,
} from "./fault.ts";
import { decodedSource, plainSource, type Source } from "./source.ts";
import { readTokens, type Token } from "./tokens.ts";

/** The supported directives, and whether they have a closing tag: `maybe` those whose closing tag may be left out. */
const DIRECTIVES = {
  if: "closed",
  elseif: "open",
  else: "open",
  list: "closed",
  foreach: "closed",
  items: "closed",
  sep: "maybe",
  break: "open",
  continue: "open",
  assign: "maybe",
  global: "maybe",
  local: "maybe",
  macro: "closed",
  function: "closed",
  return: "open",
  nested: "open",
  switch: "closed",
  case: "open",
  default: "open",
  attempt: "closed",
  recover: "maybe",
  setting: "open",
  ftl: "open",
  compress: "closed",
  escape: "closed",
  noescape: "closed",
  outputformat: "closed",
  autoesc: "closed",
  noautoesc: "closed",
  flush: "open",
  stop: "open",
  t: "open",
  lt: "open",
  rt: "open",
  nt: "open",
} as const satisfies Record<string, "closed" | "maybe" | "open">;

/** The name of a supported directive, as in `[#if …]`. */
export type DirectiveName = keyof typeof DIRECTIVES;

/** What every tag has: its `written` source, its offset `at`, and whether it ends with `/]`. */
interface TagSource {
  readonly tokens: readonly Token[];
  readonly written: string;
  readonly at: number;
  readonly isClosed: boolean;
}

/** A tag of a directive: `[#if …]` (`open`) or `[/#if]` (`close`). */
export type DirectiveTag =
  & TagSource
  & ({ readonly kind: "open" } | { readonly kind: "close" })
  & { readonly directive: DirectiveName };

/** A tag: of a directive, or a macro's `[@name …]` or `[/@name]`. */
export type Tag =
  | DirectiveTag
  | (TagSource & { readonly kind: "call" })
  | (TagSource & { readonly kind: "end-call" });

/**
 * A token of a FreeMarker template: text, an output `${…}`, a comment, or a tag. White
 * space stripping needs comments.
 */
export type Piece =
  | {
    readonly kind: "text";
    readonly text: string;
    /** Its offset in the template; that of `[#noparse]` where it stands in one. */
    readonly at: number;
  }
  | {
    readonly kind: "output";
    readonly tokens: readonly Token[];
    readonly written: string;
    readonly at: number;
    /** Whether it is a `#{…}`. */
    readonly isNumeric: boolean;
  }
  | { readonly kind: "comment"; readonly at: number }
  | Tag;

const MARKUP = /[$#]\{|\[#--|\[\/?#(?=\p{L})|\[\/?@(?=[\p{L}\]])|<\/?[#@](?=\p{L})|<#--/gu;
const NAME = /[\p{L}_]+/yu;
const NO_PARSE_END = /\[\/#no(?:parse|Parse)\s*\]/g;
/** Directives that read other files, run other templates or walk documents. */
const REACHING: ReadonlySet<string> = new Set([
  "include",
  "import",
  "visit",
  "recurse",
  "fallback",
]);

function isDirective(name: string): name is DirectiveName {
  return Object.hasOwn(DIRECTIVES, name);
}

interface ReadPiece {
  readonly piece: Piece;
  /** The offset after it. */
  readonly end: number;
}

/**
 * Converts tokens of the text without references: offsets, and texts in quotes. In these, `&lt;` is a character of the
 * text, but a `<` that the author wrote out begins HTML, which stays as it is.
 */
function toTemplate(tokens: readonly Token[], template: string, source: Source): readonly Token[] {
  return tokens.map((token) => {
    const at = source.toTemplate(token.at);
    if (token.kind !== "string" || token.end === undefined) return { ...token, at };
    const raw = template.slice(at + 1, source.toTemplate(token.end) - 1);
    const isMarkup = token.isMarkup === true && raw.includes("<");
    const parts = token.parts?.map((part) =>
      typeof part === "string" ? part : toTemplate(part, template, source)
    );
    const text = isMarkup && parts === undefined && !raw.includes("\\") ? raw : token.text;
    return { ...token, at, text, isMarkup, ...(parts && { parts }) };
  });
}

/** Reads the tokens of a tag or an output; offsets are those of the template. */
function readInside(
  template: string,
  source: Source,
  isPlain: boolean,
  from: number,
  close: "}" | "]",
  at: number,
  budget: TemplateBudget,
) {
  if (isPlain) return readTokens(source.text, from, close, at, budget);
  const start = source.fromTemplate(from);
  const read = readTokens(source.text, start, close, source.fromTemplate(at), budget);
  if (!read.ok) {
    const { kind, message, at: place } = read.refusal;
    return faultAt(kind, source.toTemplate(place), message);
  }
  const { tokens, end, isClosed } = read.value;
  return ok({
    tokens: toTemplate(tokens, template, source),
    end: source.toTemplate(end),
    isClosed,
  });
}

type Inside = (from: number, close: "}" | "]", at: number) => ReturnType<typeof readInside>;

function readOutput(
  text: string,
  mark: string,
  at: number,
  inside: Inside,
): Result<ReadPiece, FaultAt> {
  const read = inside(at + mark.length, "}", at);
  if (!read.ok) return read;
  const { tokens, end } = read.value;
  const written = text.slice(at, end);
  return ok({ piece: { kind: "output", tokens, written, at, isNumeric: mark === "#{" }, end });
}

function readCall(
  text: string,
  mark: string,
  at: number,
  inside: Inside,
): Result<ReadPiece, FaultAt> {
  const read = inside(at + mark.length, "]", at);
  if (!read.ok) return read;
  const { tokens, end, isClosed } = read.value;
  const source = { tokens, written: text.slice(at, end), at, isClosed };
  const piece: Piece = mark === "[@"
    ? { kind: "call", ...source }
    : { kind: "end-call", ...source };
  return ok({ piece, end });
}

function readDirective(
  text: string,
  mark: string,
  at: number,
  inside: Inside,
): Result<ReadPiece, FaultAt> {
  const from = at + mark.length;
  NAME.lastIndex = from;
  const found = NAME.exec(text)?.[0] ?? "";
  const name = found.toLowerCase();
  const kind = mark === "[#" ? "open" : "close";
  if (!isDirective(name) || (kind === "close" && DIRECTIVES[name] === "open")) {
    const written = text.slice(at, from) + found.slice(0, 40);
    const message = REACHING.has(name)
      ? `There is no directive ${written}] here: a template reads nothing but its values`
      : `There is no directive ${written}] here`;
    return faultAt("unknown-directive", at, message);
  }
  const read = inside(from + found.length, "]", at);
  if (!read.ok) return read;
  const { tokens, end, isClosed } = read.value;
  const tag = { directive: name, tokens, written: text.slice(at, end), at, isClosed };
  const piece: Piece = kind === "open" ? { kind, ...tag } : { kind: "close", ...tag };
  return ok({ piece, end });
}

/** Reads the token that begins with an opening mark; returns it and the offset after it. */
function readPiece(
  text: string,
  mark: string,
  at: number,
  inside: Inside,
): Result<ReadPiece, FaultAt> {
  const from = at + mark.length;
  if (mark === "[#--") {
    const close = text.indexOf("--]", from);
    if (close === -1) return faultAt("unclosed", at, "No --] closes this comment");
    return ok({ piece: { kind: "comment", at }, end: close + 3 });
  }
  if (mark.startsWith("<")) {
    const message = "Directives are written in square brackets: [#if";
    return faultAt("angle-bracket-directive", at, message);
  }
  if (mark.endsWith("{")) return readOutput(text, mark, at, inside);
  if (mark.endsWith("@")) return readCall(text, mark, at, inside);
  const noParse = /^no[pP]arse\s*\]/.exec(text.slice(from, from + 20));
  if (mark === "[#" && noParse !== null) {
    NO_PARSE_END.lastIndex = from;
    const close = NO_PARSE_END.exec(text);
    if (close === null) return faultAt("unclosed", at, "No [/#noparse] closes this");
    const start = from + noParse[0].length;
    const end = close.index + close[0].length;
    return ok({ piece: { kind: "text", text: text.slice(start, close.index), at }, end });
  }
  return readDirective(text, mark, at, inside);
}

/** Whether a text contains FreeMarker markup, valid or not. */
export function hasMarkup(text: string): boolean {
  return text.search(MARKUP) !== -1;
}

/**
 * Tokenizes a FreeMarker template in linear time. It refuses unsupported directives and unclosed parts.
 *
 * @param isHtml whether character references within tags and outputs are read: `&gt;` is `>`
 * @param budget what the template may have; what it has is subtracted
 */
export function lexFreemarker(
  text: string,
  isHtml = false,
  budget: TemplateBudget = newTemplateBudget(true),
): Result<readonly Piece[], FaultAt> {
  const source = isHtml ? decodedSource(text) : plainSource(text);
  const isPlain = source.text === text;
  const inside: Inside = (from, close, at) =>
    readInside(text, source, isPlain, from, close, at, budget);
  const pieces: Piece[] = [];
  const markup = new RegExp(MARKUP);
  let from = 0;
  for (;;) {
    markup.lastIndex = from;
    const match = markup.exec(text);
    const at = match?.index ?? text.length;
    if (at > from) pieces.push({ kind: "text", text: text.slice(from, at), at: from });
    if (match === null) return ok(pieces);
    if (--budget.tags < 0) {
      const message = `A template has ${MAX_TEMPLATE_TAGS} outputs, tags and comments at most`;
      return faultAt("template-too-long", at, message);
    }
    const read = readPiece(text, match[0], at, inside);
    if (!read.ok) return read;
    pieces.push(read.value.piece);
    from = read.value.end;
  }
}
