/** Parses an expression from its tokens, by recursive descent of bounded depth. */
import { ok, type Result } from "../../result.ts";
import { readBuiltIn } from "./parse_built_in.ts";
import { type Comparison, type Expression, type Special, SPECIALS } from "./expression.ts";
import { type FaultAt, faultAt } from "./fault.ts";
import {
  deeper,
  isMark,
  isName,
  needMark,
  peek,
  type Reader,
  type Scoping,
  Stop,
  take,
  takeMark,
  unexpected,
} from "./expression_reader.ts";
import { type Numeric, parseNumeric } from "./decimal.ts";
import type { Token } from "./tokens.ts";

const RELATIONS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const EQUALITIES: ReadonlySet<string> = new Set(["==", "!="]);
const SUMS: ReadonlySet<string> = new Set(["+", "-"]);
const PRODUCTS: ReadonlySet<string> = new Set(["*", "/", "%"]);
const POSTFIXES: ReadonlySet<string> = new Set(["?", "??", "!", ".", "[", "("]);
const VALUE_MARKS: ReadonlySet<string> = new Set(["(", "[", "{"]);
const SPECIAL_NAMES: ReadonlySet<string> = new Set(SPECIALS);
/** Names that no variable has, because they are words of directives. */
const RESERVED: ReadonlySet<string> = new Set(["as"]);

type Read = (reader: Reader, depth: number) => Expression;

function isSpecial(name: string): name is Special {
  return SPECIAL_NAMES.has(name);
}

function readOperands(reader: Reader, depth: number, mark: "&&" | "||", read: Read): Expression {
  const first = read(reader, depth);
  if (!isMark(peek(reader), mark)) return first;
  const operands = [first];
  while (takeMark(reader, mark)) operands.push(read(reader, depth));
  return { kind: mark === "&&" ? "and" : "or", operands };
}

/** Reads a whole expression. */
function readOr(reader: Reader, depth: number): Expression {
  return readOperands(reader, deeper(depth, peek(reader)), "||", readAnd);
}

function readAnd(reader: Reader, depth: number): Expression {
  return readOperands(reader, depth, "&&", readEquality);
}

function readComparison(
  reader: Reader,
  depth: number,
  marks: ReadonlySet<string>,
  read: Read,
): Expression {
  const left = read(reader, depth);
  const { kind, text } = peek(reader);
  if (kind !== "mark" || !marks.has(text)) return left;
  reader.next++;
  return { kind: "compare", by: text as Comparison, left, right: read(reader, depth) };
}

function readEquality(reader: Reader, depth: number): Expression {
  return readComparison(reader, depth, EQUALITIES, readRelation);
}

function readRelation(reader: Reader, depth: number): Expression {
  return readComparison(reader, depth, RELATIONS, readRange);
}

function readRange(reader: Reader, depth: number): Expression {
  const from = readSum(reader, depth);
  const { kind, text } = peek(reader);
  if (kind !== "mark" || (text !== ".." && text !== "..<" && text !== "..*")) return from;
  reader.next++;
  const next = peek(reader);
  const hasEnd = startsValue(next) || isMark(next, "-") || isMark(next, "+") || isMark(next, "!");
  if (!hasEnd && text !== "..") throw unexpected(next);
  return { kind: "range", from, to: hasEnd ? readSum(reader, depth) : undefined, by: text };
}

function readArithmetic(
  reader: Reader,
  depth: number,
  marks: ReadonlySet<string>,
  read: Read,
): Expression {
  const first = read(reader, depth);
  const rest: Extract<Expression, { kind: "arithmetic" }>["rest"][number][] = [];
  for (;;) {
    const { kind, text } = peek(reader);
    if (kind !== "mark" || !marks.has(text)) break;
    reader.next++;
    rest.push({ by: text as typeof rest[number]["by"], of: read(reader, depth) });
  }
  return rest.length === 0 ? first : { kind: "arithmetic", first, rest };
}

function readSum(reader: Reader, depth: number): Expression {
  return readArithmetic(reader, depth, SUMS, readProduct);
}

function readProduct(reader: Reader, depth: number): Expression {
  return readArithmetic(reader, depth, PRODUCTS, readUnary);
}

function readUnary(reader: Reader, depth: number): Expression {
  const token = peek(reader);
  if (takeMark(reader, "!")) {
    return { kind: "not", of: readUnary(reader, deeper(depth, peek(reader))) };
  }
  if (isMark(token, "-") || isMark(token, "+")) {
    reader.next++;
    const of = readUnary(reader, deeper(depth, peek(reader)));
    const isMinus = token.text === "-";
    if (isMinus && of.kind === "literal" && typeof of.value === "number") {
      return { kind: "literal", value: -of.value };
    }
    return { kind: "sign", of, isMinus };
  }
  return readPostfix(reader, depth);
}

function readNumber({ kind, text }: Token): Numeric | undefined {
  return kind === "number" ? parseNumeric(text) : undefined;
}

/** Reads expressions separated by commas, and their closing bracket. */
function readExpressionList(
  reader: Reader,
  depth: number,
  close: ")" | "]",
): readonly Expression[] {
  const several: Expression[] = [];
  if (takeMark(reader, close)) return several;
  do several.push(readOr(reader, depth)); while (takeMark(reader, ","));
  needMark(reader, close);
  return several;
}

function readHash(reader: Reader, depth: number): Expression {
  const entries: (readonly [Expression, Expression])[] = [];
  if (takeMark(reader, "}")) return { kind: "hash", entries };
  do {
    const key = readOr(reader, depth);
    if (!takeMark(reader, ":")) needMark(reader, ",");
    entries.push([key, readOr(reader, depth)]);
  } while (takeMark(reader, ","));
  needMark(reader, "}");
  return { kind: "hash", entries };
}

function literal(value: string, isMarkup = false): Expression {
  return isMarkup && value.includes("<")
    ? { kind: "literal", value, isMarkup: true }
    : { kind: "literal", value };
}

function readText(token: Token, reader: Reader, depth: number): Expression {
  const { parts = [], text, isMarkup } = token;
  if (parts.length === 0) return literal(text, isMarkup);
  const read: Expression[] = [];
  for (const part of parts) {
    if (typeof part === "string") {
      if (part !== "") read.push(literal(part, isMarkup));
      continue;
    }
    const inner: Reader = { ...reader, tokens: part, next: 0 };
    read.push(readOr(inner, depth));
    if (peek(inner).kind !== "end") throw unexpected(peek(inner));
  }
  return { kind: "text", parts: read };
}

const POSITIONS = ["index", "has_next"] as const;

/** A variable; inside a loop over `x`, `x_index` and `x_has_next` are its item's position. */
function toVariable(name: string, { items }: Reader): Expression {
  const of = POSITIONS.find((one) => name.endsWith(`_${one}`));
  const item = of === undefined ? "" : name.slice(0, -of.length - 1);
  if (of === undefined || !items.includes(item) || items.includes(name)) {
    return { kind: "variable", name };
  }
  return { kind: "position", item, of, parameters: [] };
}

function readSpecial(reader: Reader): Expression {
  const name = take(reader);
  if (name.kind !== "name") throw unexpected(name);
  const snake = name.text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (isSpecial(snake)) return { kind: "special", name: snake };
  throw new Stop("expression-not-valid", name.at, `There is no .${name.text.slice(0, 40)} here`);
}

function readPrimary(reader: Reader, depth: number): Expression {
  const token = take(reader);
  if (token.kind === "string") return readText(token, reader, depth);
  if (isName(token) && !RESERVED.has(token.text)) {
    if (token.text === "true" || token.text === "false") {
      return { kind: "literal", value: token.text === "true" };
    }
    return toVariable(token.text, reader);
  }
  if (isMark(token, "(")) {
    const inner = readOr(reader, depth);
    needMark(reader, ")");
    return inner;
  }
  if (isMark(token, "[")) return { kind: "list", items: readExpressionList(reader, depth, "]") };
  if (isMark(token, "{")) return readHash(reader, depth);
  if (isMark(token, ".")) return readSpecial(reader);
  const number = readNumber(token);
  if (number === undefined) throw unexpected(token);
  return { kind: "literal", value: number };
}

/** Reads the key of `of[key]`. One that is written out nests no deeper. */
function readKeyExpression(reader: Reader, depth: number): Expression {
  const [key, close] = reader.tokens.slice(reader.next, reader.next + 2);
  const isPlain = key?.kind === "string" && key.parts === undefined && close !== undefined &&
    isMark(close, "]");
  const index = key === undefined || close === undefined || !isMark(close, "]")
    ? undefined
    : readNumber(key);
  if (!isPlain && index === undefined) return readOr(reader, depth);
  reader.next++;
  return { kind: "literal", value: isPlain ? key.text : index ?? 0 };
}

function readKey(reader: Reader, of: Expression, depth: number): Expression {
  const key = readKeyExpression(reader, depth);
  needMark(reader, "]");
  if (key.kind === "literal" && typeof key.value === "string") {
    return { kind: "field", of, name: key.value };
  }
  const isIndex = key.kind === "literal" && typeof key.value === "number";
  return isIndex && Number.isInteger(key.value) && Number(key.value) >= 0
    ? { kind: "item", of, index: Number(key.value) }
    : { kind: "key", of, key };
}

function startsValue(token: Token): boolean {
  return (token.kind === "name" && !RESERVED.has(token.text)) || token.kind === "string" ||
    token.kind === "number" || (token.kind === "mark" && VALUE_MARKS.has(token.text));
}

/** Whether a default begins here: not at the next `name=value` of a tag. */
function startsDefault(reader: Reader): boolean {
  const token = peek(reader);
  const after = reader.tokens[reader.next + 1];
  if (isMark(token, "-") || isMark(token, "+")) return true;
  if (!startsValue(token)) return false;
  return !(token.kind === "name" && after !== undefined && isMark(after, "==") &&
    reader.hasNamedValues === true);
}

function readField(reader: Reader, of: Expression): Expression {
  const name = take(reader);
  // The words of comparisons are names after a dot.
  const isWord = name.kind === "name" || (name.kind === "mark" && /^[a-z]+$/.test(name.text));
  if (!isWord) throw unexpected(name);
  return { kind: "field", of, name: name.text };
}

function readPostfix(reader: Reader, depth: number): Expression {
  let read = readPrimary(reader, depth);
  let height = depth;
  for (;;) {
    const token = peek(reader);
    if (token.kind !== "mark" || !POSTFIXES.has(token.text)) return read;
    height = deeper(height, token);
    reader.next++;
    switch (token.text) {
      case "?":
        read = readBuiltIn(reader, read, height, readOr);
        break;
      case "??":
        read = { kind: "exists", of: read };
        break;
      case "[":
        read = readKey(reader, read, height);
        break;
      case "(": {
        if (read.kind !== "variable") throw unexpected(token);
        const parameters = readExpressionList(reader, height, ")");
        reader.onCall?.(read.name, token.at, parameters.length);
        read = { kind: "call", of: read, parameters };
        break;
      }
      case "!": {
        // As in FreeMarker, what is added to a default belongs to it: `a!1 + b` is `a!(1 + b)`.
        const other = startsDefault(reader) ? readRange(reader, height) : undefined;
        read = { kind: "default", of: read, other };
        break;
      }
      default:
        read = readField(reader, read);
    }
  }
}

/** A parsed expression and the index of the token after it. */
export interface ReadExpression {
  readonly expression: Expression;
  readonly next: number;
}

/**
 * Parses the longest expression at the start of the tokens; other tokens may follow it, as in `[#list names as name]`.
 *
 * @param from the index of its first token
 */
export function readExpression(
  tokens: readonly Token[],
  scoping: Scoping,
  from = 0,
): Result<ReadExpression, FaultAt> {
  const reader: Reader = { ...scoping, tokens, next: from };
  try {
    const expression = readOr(reader, 0);
    return ok({ expression, next: reader.next });
  } catch (stop) {
    if (stop instanceof Stop) return faultAt(stop.kind, stop.at, stop.message);
    throw stop;
  }
}

/** Parses tokens that consist of exactly one expression. */
export function parseExpression(
  tokens: readonly Token[],
  scoping: Scoping,
): Result<Expression, FaultAt> {
  const read = readExpression(tokens, scoping);
  if (!read.ok) return read;
  const rest = tokens[read.value.next];
  if (rest === undefined || rest.kind === "end") return ok(read.value.expression);
  const stop = unexpected(rest);
  return faultAt(stop.kind, stop.at, stop.message);
}
