/** Compares values of a template. */
import { compareNumeric, isNumeric } from "./decimal.ts";
import { EmptyValue, MatchResult, Moment, PiecedText } from "./values.ts";

/** A value as the comparisons see it. */
function plain(value: unknown): unknown {
  if (value instanceof PiecedText) return value.text;
  if (value instanceof EmptyValue) return "";
  return value instanceof MatchResult ? value.isWhole : value;
}

/** Compares two numbers, or two dates of one kind: below zero, zero or above zero. `undefined` for other values. */
export function orderOf(left: unknown, right: unknown): number | undefined {
  if (isNumeric(left) && isNumeric(right)) return compareNumeric(left, right);
  const isDates = left instanceof Moment && right instanceof Moment && left.kind === right.kind;
  return isDates ? left.ms - right.ms : undefined;
}

/**
 * Whether two texts, numbers, dates or booleans are equal. `undefined` where their types differ, or for other types.
 */
export function isSame(first: unknown, second: unknown): boolean | undefined {
  const [left, right] = [plain(first), plain(second)];
  if (typeof left === "string" || typeof left === "boolean") {
    return typeof left === typeof right ? left === right : undefined;
  }
  const order = orderOf(left, right);
  return order === undefined ? undefined : order === 0;
}
