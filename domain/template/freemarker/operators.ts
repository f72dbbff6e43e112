/** The operators of expressions. */
import { escapeAttribute } from "../html_text.ts";
import { isSame, orderOf } from "./compare_values.ts";
import { compute, isNumeric, type Operator } from "./decimal.ts";
import type { Comparison } from "./expression.ts";
import { itemsOf } from "./list_built_ins.ts";
import type { Environment } from "./scope.ts";
import { EmptyValue, isFields, MatchResult, PiecedText, type TextPiece } from "./values.ts";

function holds(order: number, by: Exclude<Comparison, "==" | "!=">): boolean {
  switch (by) {
    case "lt":
      return order < 0;
    case "lte":
      return order <= 0;
    case "gt":
      return order > 0;
    case "gte":
      return order >= 0;
  }
}

/**
 * Compares two values by an operator; `undefined` where their types cannot be compared, such as a text with a number.
 */
export function compare(left: unknown, right: unknown, by: Comparison): boolean | undefined {
  if (by === "==" || by === "!=") {
    const same = isSame(left, right);
    return same === undefined ? undefined : same === (by === "==");
  }
  const order = orderOf(left, right);
  return order === undefined ? undefined : holds(order, by);
}

/**
 * Converts a value to a condition: a boolean, or whether `?matches` matched the whole text. `undefined` for other
 * values.
 */
export function truthOf(value: unknown): boolean | undefined {
  if (value instanceof MatchResult) return value.isWhole;
  return typeof value === "boolean" ? value : undefined;
}

/** The pieces of a text; a plain one is escaped where it is joined with escaped text. */
function piecesOf(
  value: unknown,
  isEscaped: boolean,
  env: Environment,
): readonly TextPiece[] | undefined {
  if (value instanceof PiecedText) return value.pieces;
  const text = env.textOf(value);
  if (text === undefined) return undefined;
  return [{ text: isEscaped && !env.escapes ? escapeAttribute(text) : text, isValue: true }];
}

/**
 * Joins the texts of values. The result is a string; or, where one of the values is a `PiecedText`, a `PiecedText` that
 * keeps the author's parts apart from values. `undefined` where a value has no text.
 *
 * @throws {TemplateStopped} when the text exceeds the message's limits
 */
export function joinTexts(values: readonly unknown[], env: Environment): unknown {
  if (!values.some((value) => value instanceof PiecedText)) {
    let out = "";
    for (const value of values) {
      const text = env.textOf(value);
      if (text === undefined) return undefined;
      env.grow(out.length + text.length);
      out += text;
    }
    return out;
  }
  const pieces: TextPiece[] = [];
  const isEscaped = values.some((value) => value instanceof PiecedText && value.isEscaped);
  for (const value of values) {
    const more = piecesOf(value, isEscaped, env);
    if (more === undefined) return undefined;
    pieces.push(...more);
  }
  env.grow(pieces.reduce((sum, { text }) => sum + text.length, pieces.length));
  return new PiecedText(pieces, isEscaped);
}

function add(left: unknown, right: unknown, env: Environment): unknown {
  if (isNumeric(left) && isNumeric(right)) return compute(left, "+", right);
  const [first, second] = [itemsOf(left), itemsOf(right)];
  const isBothEmpty = left instanceof EmptyValue && right instanceof EmptyValue;
  if (first !== undefined && second !== undefined && !isBothEmpty) {
    env.grow((first.length + second.length) * 10);
    return [...first, ...second];
  }
  if (isFields(left) && isFields(right)) {
    const fields: Record<string, unknown> = Object.create(null);
    const all = [...Object.entries(left), ...Object.entries(right)];
    env.grow(all.length * 10);
    for (const [name, value] of all) fields[name] = value;
    return fields;
  }
  return joinTexts([left, right], env);
}

/**
 * Applies an arithmetic operator. `+` adds numbers, and joins texts, lists and objects; of equal fields the right one
 * wins. `undefined` for other types, and where `compute` has no result.
 */
export function operate(left: unknown, by: Operator, right: unknown, env: Environment): unknown {
  if (by === "+") return add(left, right, env);
  return isNumeric(left) && isNumeric(right) ? compute(left, by, right) : undefined;
}
