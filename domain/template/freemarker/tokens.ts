/** Tokenizes an expression, up to its closing bracket. */
import { ok, type Result } from "../../result.ts";
import {
  type FaultAt,
  faultAt,
  MAX_EXPRESSION_DEPTH,
  type TemplateBudget,
  tooManyTokens,
} from "./fault.ts";

/** A token of an expression. */
export interface Token {
  readonly kind: "name" | "string" | "number" | "mark" | "end";
  /** The unescaped name, the string without quotes, or the normalised mark. */
  readonly text: string;
  /** The offset of its first character in the text that is tokenized, in UTF-16 units. */
  readonly at: number;
  /** For a string: the offset after its closing quote. */
  readonly end?: number;
  /** For a string: whether its author wrote HTML in it, with a `<` of its own and not a reference. */
  readonly isMarkup?: boolean;
  /** For a string with `${…}`: its texts and the tokens of its expressions, in order. */
  readonly parts?: readonly (string | readonly Token[])[];
}

/** The tokens of an expression, of which the last has the kind `end`, and the offset after the closing bracket. */
export interface Tokens {
  readonly tokens: readonly Token[];
  readonly end: number;
  /** Whether a slash stood before the closing bracket: `[@name /]`. */
  readonly isClosed: boolean;
}

const SPACE = /(?:[ \t\r\n\u00a0]|[[<]#--[^]*?--[\]>])+/y;
const NAME = /(?:[\p{L}_$@]|\\[-.:#])(?:[\p{L}\p{N}_$@]|\\[-.:#])*/yu;
const NUMBER = /\d+(?:\.\d+)?/y;
const MARK =
  /\?\?|\.\.[<!*]?|->|==|!=|<=|>=|&&|&amp;&amp;|&[gl]t;=?|\\(?:and|[gl]te?)\b|\|\|?|&|\+\+|--|[-+*\/%]=|[?!.()[\]{},:;<>=+*\/%-]/y;
/** Plain characters of a string: up to its quote, an escape or an interpolation. */
const STRING_PART = { '"': /[^"\\$#]+/y, "'": /[^'\\$#]+/y } as const;
const RAW_STRING = /r(?:"[^"]*"|'[^']*')/y;
const HEX_ESCAPE = /x[0-9A-Fa-f]{1,4}/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["{", "{"],
  ["=", "="],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["f", "\f"],
  ["b", "\b"],
  ["g", ">"],
  ["l", "<"],
  ["a", "&"],
]);
/** Alternative spellings of marks. */
const SAME: ReadonlyMap<string, string> = new Map([
  ["=", "=="],
  ["<", "lt"],
  ["<=", "lte"],
  [">", "gt"],
  [">=", "gte"],
  ["&lt;", "lt"],
  ["&lt;=", "lte"],
  ["&gt;", "gt"],
  ["&gt;=", "gte"],
  ["&amp;&amp;", "&&"],
  ["\\and", "&&"],
  ["\\lt", "lt"],
  ["\\lte", "lte"],
  ["\\gt", "gt"],
  ["\\gte", "gte"],
  ["..!", "..<"],
  ["&", "&&"],
  ["|", "||"],
]);
const WORDS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
/** The bracket that closes each opening one. */
const BRACKETS: ReadonlyMap<string, string> = new Map([["(", ")"], ["[", "]"], ["{", "}"]]);
const CLOSING: ReadonlySet<string> = new Set(BRACKETS.values());

interface ReadToken {
  readonly token: Token;
  readonly end: number;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Reads the character of an escape after its backslash; how many characters it has. */
function readEscape(
  text: string,
  at: number,
): readonly [character: string, length: number] | undefined {
  const hex = match(HEX_ESCAPE, text, at);
  if (hex !== undefined) return [String.fromCharCode(parseInt(hex.slice(1), 16)), hex.length];
  const escaped = ESCAPES.get(text.charAt(at));
  return escaped === undefined ? undefined : [escaped, 1];
}

function readString(
  text: string,
  start: number,
  quote: '"' | "'",
  depth: number,
  budget: TemplateBudget,
): Result<ReadToken, FaultAt> {
  const parts: (string | readonly Token[])[] = [];
  let value = "";
  let at = start + 1;
  for (;;) {
    const plain = match(STRING_PART[quote], text, at);
    value += plain ?? "";
    at += plain?.length ?? 0;
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === "") return faultAt("unclosed", start, "The quote is not closed");
    if (character === quote) {
      const isMarkup = text.slice(start, at).includes("<");
      const token: Token = { kind: "string", text: value, at: start, end: at + 1, isMarkup };
      const isPlain = parts.length === 0;
      return ok({ token: isPlain ? token : { ...token, parts: [...parts, value] }, end: at + 1 });
    }
    if (character === "\\") {
      const escape = readEscape(text, at + 1);
      if (escape === undefined) {
        return faultAt("expression-not-valid", at, "Nothing is known of this backslash");
      }
      if (--budget.tokens < 0) return tooManyTokens(at);
      value += escape[0];
      at += 1 + escape[1];
    } else if (next === "{") {
      const inner = readTokens(text, at + 2, "}", at, budget, depth + 1);
      if (!inner.ok) return inner;
      parts.push(value, inner.value.tokens);
      value = "";
      at = inner.value.end;
    } else {
      value += character;
      at++;
    }
  }
}

function readToken(
  text: string,
  at: number,
  depth: number,
  budget: TemplateBudget,
): Result<ReadToken, FaultAt> {
  const character = text.charAt(at);
  if (character === '"' || character === "'") {
    return readString(text, at, character, depth, budget);
  }
  const single = (kind: Token["kind"], length: number, value: string) =>
    ok({ token: { kind, text: value, at }, end: at + length });
  const raw = match(RAW_STRING, text, at);
  if (raw !== undefined) return single("string", raw.length, raw.slice(2, -1));
  const name = match(NAME, text, at);
  if (name !== undefined) {
    const kind = WORDS.has(name) ? "mark" : "name";
    return single(kind, name.length, name.replaceAll("\\", ""));
  }
  const number = match(NUMBER, text, at);
  if (number !== undefined) return single("number", number.length, number);
  const mark = match(MARK, text, at);
  if (mark !== undefined) return single("mark", mark.length, SAME.get(mark) ?? mark);
  return faultAt(
    "expression-not-valid",
    at,
    "An expression has names, texts in quotes, numbers, operators and built-ins only",
  );
}

/**
 * Tokenizes the expression of an output or a tag, up to the bracket that closes it.
 *
 * @param from the offset after the opening bracket, in UTF-16 units
 * @param opened the offset of the opening bracket, for the fault where it is not closed
 * @param budget the tokens that the template may still have; those that are read are subtracted
 * @param depth how many texts in quotes the expression is nested in; deeper than `MAX_EXPRESSION_DEPTH` is a fault
 */
export function readTokens(
  text: string,
  from: number,
  close: "}" | "]",
  opened: number,
  budget: TemplateBudget,
  depth = 0,
): Result<Tokens, FaultAt> {
  if (depth > MAX_EXPRESSION_DEPTH) {
    return faultAt(
      "nested-too-deep",
      opened,
      `Expressions nest ${MAX_EXPRESSION_DEPTH} deep at most`,
    );
  }
  const tokens: Token[] = [];
  let at = from;
  const open: string[] = [];
  for (;;) {
    at += match(SPACE, text, at)?.length ?? 0;
    const character = text.charAt(at);
    if (character === "") return faultAt("unclosed", opened, `No ${close} closes this`);
    if (--budget.tokens < 0) return tooManyTokens(at);
    const isClosed = close === "]" && open.length === 0 && text.startsWith("/]", at);
    if (isClosed || (open.length === 0 && character === close)) {
      tokens.push({ kind: "end", text: "", at });
      return ok({ tokens, end: at + (isClosed ? 2 : 1), isClosed });
    }
    const closing = BRACKETS.get(character);
    if (closing !== undefined) open.push(closing);
    if (CLOSING.has(character) && open.pop() !== character) {
      return faultAt("expression-not-valid", at, `"${character}" has no place here`);
    }
    const read = readToken(text, at, depth, budget);
    if (!read.ok) return read;
    tokens.push(read.value.token);
    at = read.value.end;
  }
}

/** Returns how many tokens these are, with those of the expressions in texts in quotes. */
export function tokenCount(tokens: readonly Token[]): number {
  return tokens.reduce((sum, { parts = [] }) => {
    return parts.reduce(
      (all, part) => all + (typeof part === "string" ? 0 : tokenCount(part)),
      sum + 1,
    );
  }, 0);
}
