/** Reads `[#ftl …]`, the header of a template, and what the whole template must know of its settings. */
import type { MarkupFormat } from "../segments.ts";
import type { Piece, Tag } from "./lex.ts";
import { type Context, invalid, misplaced } from "./parser.ts";
import type { Token } from "./tokens.ts";

/** The settings in the header `[#ftl …]` for the whole template; the defaults where there is none. */
export interface Header {
  readonly context: Context;
  readonly stripsWhiteSpace: boolean;
  readonly hasUrlCharset: boolean;
}

/** The output formats, and whether they have markup. */
const FORMATS: ReadonlyMap<string, MarkupFormat | undefined> = new Map([
  ["HTML", "HTML"],
  ["XHTML", "XHTML"],
  ["XML", "XML"],
  ["RTF", "RTF"],
  ["plainText", undefined],
  ["undefined", undefined],
  ["JavaScript", undefined],
  ["JSON", undefined],
  ["CSS", undefined],
]);

/**
 * Returns the markup of an output format; `undefined` for a format without markup, such as `plainText`.
 *
 * @param tag the tag that a fault names
 * @throws {Refused} for an unknown format
 */
export function formatOf(name: string, tag: Tag): MarkupFormat | undefined {
  if (!FORMATS.has(name)) invalid(tag, `There is no output format ${name.slice(0, 40)} here`);
  return FORMATS.get(name);
}

/** The values of `name="value"` pairs that are written out. */
function pairsOf(tokens: readonly Token[]): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (let at = 0; at < tokens.length - 1; at += 3) {
    const [name, equals, value] = tokens.slice(at, at + 3);
    if (name?.kind !== "name" || equals?.text !== "==" || value === undefined) return undefined;
    if (value.kind !== "string" && value.kind !== "name") return undefined;
    pairs.set(name.text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value.text);
  }
  return pairs;
}

const PARAMETERS: ReadonlySet<string> = new Set([
  "output_format",
  "auto_esc",
  "strip_whitespace",
  "encoding",
  "content_type",
]);

const NO_FORMAT: Context = {
  items: [],
  breaks: "none",
  isListing: false,
  inside: "template",
  format: undefined,
  isEscaping: false,
  isRecovering: false,
  escapes: [],
};

/** Whether a setting gives addresses a character set. */
function setsCharset(piece: Piece): boolean {
  return piece.kind === "open" && piece.directive === "setting" &&
    /charset|Charset|output_?encoding/i.test(piece.tokens[0]?.text ?? "");
}

/** Reads the header, which stands first if there is one. @throws {Refused} where it stands elsewhere or is not valid */
export function readHeader(pieces: readonly Piece[]): Header {
  const hasUrlCharset = pieces.some(setsCharset);
  const isHeader = (piece: Piece): piece is Extract<Piece, { kind: "open" }> =>
    piece.kind === "open" && piece.directive === "ftl";
  const headers = pieces.filter(isHeader);
  const [header, second] = headers;
  if (header === undefined) return { context: NO_FORMAT, stripsWhiteSpace: true, hasUrlCharset };
  if (second !== undefined) misplaced(second);
  const before = pieces.slice(0, pieces.indexOf(header));
  if (before.some((piece) => piece.kind !== "text" || piece.text.trim() !== "")) misplaced(header);
  const pairs = pairsOf(header.tokens);
  if (pairs === undefined || [...pairs.keys()].some((name) => !PARAMETERS.has(name))) {
    invalid(header, "The header has output_format, auto_esc, strip_whitespace and encoding only");
  }
  const format = formatOf(pairs.get("output_format") ?? "undefined", header);
  const isEscaping = format !== undefined && pairs.get("auto_esc") !== "false";
  if (pairs.get("auto_esc") === "true" && format === undefined) {
    invalid(header, "auto_esc needs an output format with markup");
  }
  return {
    context: { ...NO_FORMAT, format, isEscaping },
    stripsWhiteSpace: pairs.get("strip_whitespace") !== "false",
    hasUrlCharset,
  };
}
