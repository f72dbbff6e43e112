/** Parses an expression from its tokens, by recursive descent of bounded depth. */
import { ok, type Result } from "../../result.ts";
import { isBuiltIn, takesParameters } from "./built_ins.ts";
import { type Comparison, type Expression, POSITIONS } from "./expression.ts";
import { type FaultAt, faultAt, MAX_EXPRESSION_DEPTH, type TemplateFaultKind } from "./fault.ts";
import type { Token } from "./tokens.ts";

/** Aborts the descent; caught in this file. */
class Stop extends Error {
  constructor(readonly kind: TemplateFaultKind, readonly at: number, message: string) {
    super(message);
  }
}

interface Reader {
  readonly tokens: readonly Token[];
  /** The item names of the enclosing loops. */
  readonly items: readonly string[];
  next: number;
}

const END: Token = { kind: "end", text: "", at: 0 };
const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "lt", "lte", "gt", "gte"]);
const POSITION_NAMES: ReadonlySet<string> = new Set(POSITIONS);

function isComparison(text: string): text is Comparison {
  return COMPARISONS.has(text);
}

function isPosition(name: string): name is typeof POSITIONS[number] {
  return POSITION_NAMES.has(name);
}

function peek(reader: Reader): Token {
  return reader.tokens[reader.next] ?? reader.tokens.at(-1) ?? END;
}

function take(reader: Reader): Token {
  const token = peek(reader);
  reader.next++;
  return token;
}

function isMark(token: Token, text: string): boolean {
  return token.kind === "mark" && token.text === text;
}

function takeMark(reader: Reader, text: string): boolean {
  if (!isMark(peek(reader), text)) return false;
  reader.next++;
  return true;
}

function unexpected({ kind, text, at }: Token): Stop {
  const message = kind === "end"
    ? "The expression is not complete"
    : `"${text.slice(0, 40)}" has no place here`;
  return new Stop("expression-not-valid", at, message);
}

function needMark(reader: Reader, text: string): void {
  if (!takeMark(reader, text)) throw unexpected(peek(reader));
}

function deeper(depth: number, { at }: Token): number {
  if (depth < MAX_EXPRESSION_DEPTH) return depth + 1;
  throw new Stop("nested-too-deep", at, `Expressions nest ${MAX_EXPRESSION_DEPTH} deep at most`);
}

function readOperands(
  reader: Reader,
  depth: number,
  mark: "&&" | "||",
  read: (reader: Reader, depth: number) => Expression,
): Expression {
  const first = read(reader, depth);
  if (!isMark(peek(reader), mark)) return first;
  const operands = [first];
  while (takeMark(reader, mark)) operands.push(read(reader, depth));
  return { kind: mark === "&&" ? "and" : "or", operands };
}

function readOr(reader: Reader, depth: number): Expression {
  return readOperands(reader, deeper(depth, peek(reader)), "||", readAnd);
}

function readAnd(reader: Reader, depth: number): Expression {
  return readOperands(reader, depth, "&&", readComparison);
}

function readComparison(reader: Reader, depth: number): Expression {
  const left = readNot(reader, depth);
  const { kind, text } = peek(reader);
  if (kind !== "mark" || !isComparison(text)) return left;
  reader.next++;
  return { kind: "compare", by: text, left, right: readNot(reader, depth) };
}

function readNot(reader: Reader, depth: number): Expression {
  if (!takeMark(reader, "!")) return readPostfix(reader, depth);
  return { kind: "not", of: readNot(reader, deeper(depth, peek(reader))) };
}

function readNumber({ kind, text }: Token): number | undefined {
  return kind === "number" && Number.isFinite(Number(text)) ? Number(text) : undefined;
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

function readPrimary(reader: Reader, depth: number): Expression {
  const token = take(reader);
  if (token.kind === "string") return { kind: "literal", value: token.text };
  if (token.kind === "name" && token.text !== "as") {
    if (token.text === "true" || token.text === "false") {
      return { kind: "literal", value: token.text === "true" };
    }
    return { kind: "variable", name: token.text };
  }
  if (isMark(token, "(")) {
    const inner = readOr(reader, depth);
    needMark(reader, ")");
    return inner;
  }
  if (isMark(token, "[")) return { kind: "list", items: readExpressionList(reader, depth, "]") };
  const number = isMark(token, "-") ? readNumber(take(reader)) : readNumber(token);
  if (number === undefined) throw unexpected(token);
  return { kind: "literal", value: isMark(token, "-") ? -number : number };
}

function readBuiltIn(reader: Reader, of: Expression, depth: number): Expression {
  const token = take(reader);
  const name = token.text;
  if (token.kind !== "name") throw unexpected(token);
  if (isPosition(name)) {
    if (of.kind === "variable" && reader.items.includes(of.name)) {
      return { kind: "position", item: of.name, of: name };
    }
    throw new Stop("expression-not-valid", token.at, `?${name} is for the item of a [#list] only`);
  }
  if (!isBuiltIn(name)) {
    throw new Stop("unknown-built-in", token.at, `There is no built-in ?${name.slice(0, 40)} here`);
  }
  const parameters = takeMark(reader, "(") ? readExpressionList(reader, depth, ")") : [];
  if (!takesParameters(name, parameters.length)) {
    throw new Stop("expression-not-valid", token.at, `?${name} does not take such parameters`);
  }
  return { kind: "built-in", of, name, parameters };
}

function readItem(reader: Reader, of: Expression): Expression {
  const key = take(reader);
  needMark(reader, "]");
  if (key.kind === "string") return { kind: "field", of, name: key.text };
  const index = readNumber(key);
  if (index === undefined || !Number.isInteger(index)) throw unexpected(key);
  return { kind: "item", of, index };
}

function startsValue(token: Token): boolean {
  return (token.kind === "name" && token.text !== "as") || token.kind === "string" ||
    token.kind === "number" ||
    isMark(token, "(") || isMark(token, "[");
}

function readPostfix(reader: Reader, depth: number): Expression {
  let read = readPrimary(reader, depth);
  let height = depth;
  for (;;) {
    const token = peek(reader);
    if (token.kind !== "mark" || !["?", "??", "!", ".", "["].includes(token.text)) return read;
    height = deeper(height, token);
    reader.next++;
    if (token.text === "?") read = readBuiltIn(reader, read, height);
    else if (token.text === "??") read = { kind: "exists", of: read };
    else if (token.text === "[") read = readItem(reader, read);
    else if (token.text === "!") {
      const other = startsValue(peek(reader)) ? readPostfix(reader, height) : undefined;
      read = { kind: "default", of: read, other };
    } else {
      const name = take(reader);
      if (name.kind !== "name") throw unexpected(name);
      read = { kind: "field", of: read, name: name.text };
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
 * @param items the item names of the enclosing loops
 */
export function readExpression(
  tokens: readonly Token[],
  items: readonly string[],
): Result<ReadExpression, FaultAt> {
  const reader: Reader = { tokens, items, next: 0 };
  try {
    const expression = readOr(reader, 0);
    return ok({ expression, next: reader.next });
  } catch (stop) {
    if (stop instanceof Stop) return faultAt(stop.kind, stop.at, stop.message);
    throw stop;
  }
}

/** Parses tokens that consist of exactly one expression. @param items the item names of the enclosing loops */
export function parseExpression(
  tokens: readonly Token[],
  items: readonly string[],
): Result<Expression, FaultAt> {
  const read = readExpression(tokens, items);
  if (!read.ok) return read;
  const rest = tokens[read.value.next];
  if (rest === undefined || rest.kind === "end") return ok(read.value.expression);
  const stop = unexpected(rest);
  return faultAt(stop.kind, stop.at, stop.message);
}
