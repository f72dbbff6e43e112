/** Tokenizes an expression, up to its closing bracket. */
import { ok, type Result } from "../../result.ts";
import { type FaultAt, faultAt } from "./fault.ts";

/** A token of an expression. */
export interface Token {
  readonly kind: "name" | "string" | "number" | "mark" | "end";
  /** The unescaped name, the string without quotes, or the normalised mark. */
  readonly text: string;
  /** The offset in the template. */
  readonly at: number;
}

/** The tokens, the last of kind `end`, and the offset after the closing bracket. */
export interface Tokens {
  readonly tokens: readonly Token[];
  readonly end: number;
}

const SPACE = /[ \t\r\n]+/y;
const NAME = /(?:[\p{L}_$@]|\\[-.:])(?:[\p{L}\p{N}_$@]|\\[-.:])*/yu;
const NUMBER = /\d+(?:\.\d+)?/y;
const MARK = /\?\?|==|!=|<=|>=|&&|\|\||[?!.()[\],<>=-]/y;
/** Plain characters of a string: up to its quote, an escape or an interpolation. */
const STRING_PART = { '"': /[^"\\$#]+/y, "'": /[^'\\$#]+/y } as const;
const RAW_STRING = /r(?:"[^"]*"|'[^']*')/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["{", "{"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
/** Alternative spellings of marks. */
const SAME: ReadonlyMap<string, string> = new Map([["=", "=="], ["<", "lt"], ["<=", "lte"], [
  ">",
  "gt",
], [">=", "gte"]]);
const WORDS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function readString(text: string, start: number, quote: '"' | "'"): Result<Tokens, FaultAt> {
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
      return ok({ tokens: [{ kind: "string", text: value, at: start }], end: at + 1 });
    }
    if (character !== "\\") {
      if (next === "{") {
        return faultAt("expression-not-valid", at, "A text in quotes holds no ${…}: write it out");
      }
      value += character;
      at++;
      continue;
    }
    const escaped = ESCAPES.get(next);
    if (escaped === undefined) {
      return faultAt("expression-not-valid", at, "Nothing is known of this backslash");
    }
    value += escaped;
    at += 2;
  }
}

function readToken(text: string, at: number): Result<Tokens, FaultAt> {
  const character = text.charAt(at);
  if (character === '"' || character === "'") return readString(text, at, character);
  const single = (kind: Token["kind"], length: number, value: string) =>
    ok({ tokens: [{ kind, text: value, at }], end: at + length });
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
    "An expression has names, texts in quotes, numbers and built-ins only",
  );
}

/**
 * Tokenizes the expression of an output or a tag, up to the bracket that closes it.
 *
 * @param from the offset after the opening bracket
 * @param opened the offset of the opening bracket, for the fault where it is not closed
 */
export function readTokens(
  text: string,
  from: number,
  close: "}" | "]",
  opened: number,
): Result<Tokens, FaultAt> {
  const tokens: Token[] = [];
  let at = from;
  let open = 0;
  for (;;) {
    at += match(SPACE, text, at)?.length ?? 0;
    const character = text.charAt(at);
    if (character === "") return faultAt("unclosed", opened, `No ${close} closes this`);
    if (open === 0 && character === close) {
      tokens.push({ kind: "end", text: "", at });
      return ok({ tokens, end: at + 1 });
    }
    if (character === "(" || character === "[") open++;
    if (character === ")" || character === "]") open--;
    const read = readToken(text, at);
    if (!read.ok) return read;
    tokens.push(...read.value.tokens);
    at = read.value.end;
  }
}
