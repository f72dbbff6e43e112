/** Finds comparisons and arithmetic that must fail, whatever the values are. */
import type { Kind } from "../built_in.ts";
import { isNumeric, toNumber } from "../decimal.ts";
import type { Expression } from "../expression.ts";
import { kindOf, type Kinds, sumKind } from "../kinds.ts";
import type { MomentKind } from "../values.ts";
import { needNumber, WORDS } from "./needs.ts";

/** Kinds without a text. */
const WITHOUT_TEXT: ReadonlySet<Kind> = new Set(["list", "hash", "boolean"]);

function textualSum(
  kinds: readonly (Kind | undefined)[],
  known: Kinds,
): string | undefined {
  const wrong = kinds.find((kind) =>
    kind !== undefined && WITHOUT_TEXT.has(kind) && !(kind === "boolean" && known.booleansHaveText)
  );
  const other = kinds.find((kind) => kind !== undefined && kind !== wrong);
  return wrong === undefined || other === undefined
    ? undefined
    : `${WORDS[other]} and ${WORDS[wrong]} cannot be added`;
}

/** Which of its kinds a date has, where that is always the same. */
export function momentKindOf(expression: Expression): MomentKind | undefined {
  if (expression.kind !== "built-in") return undefined;
  const name = expression.name.replace(/^number_to_/, "");
  return name === "date" || name === "time" || name === "datetime" ? name : undefined;
}

/** Comparisons that need numbers or dates. */
const ORDERS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);

const ORDERED: ReadonlySet<Kind> = new Set(["number", "date"]);

/** What is wrong with a comparison. */
export function compareFault(
  { by, left, right }: Extract<Expression, { kind: "compare" }>,
  known: Kinds,
) {
  const [a, b] = [kindOf(left, known), kindOf(right, known)];
  if (a !== undefined && b !== undefined && a !== b) {
    return `${WORDS[a]} and ${WORDS[b]} cannot be compared`;
  }
  const [first, second] = [momentKindOf(left), momentKindOf(right)];
  if (first !== undefined && second !== undefined && first !== second) {
    return `?${first} and ?${second} cannot be compared`;
  }
  const kind = a ?? b;
  if (kind === "list" || kind === "hash") return `${WORDS[kind]} cannot be compared`;
  return kind !== undefined && ORDERS.has(by) && !ORDERED.has(kind)
    ? `${WORDS[kind]} has no order`
    : undefined;
}

function isZero(expression: Expression): boolean {
  return expression.kind === "literal" && isNumeric(expression.value) &&
    toNumber(expression.value) === 0;
}

/** What is wrong with a sum, difference, product, quotient or remainder. */
export function arithmeticFault(
  { first, rest }: Extract<Expression, { kind: "arithmetic" }>,
  known: Kinds,
) {
  let kind = kindOf(first, known);
  if (rest[0]?.by !== "+") {
    const fault = needNumber(first, known);
    if (fault !== undefined) return fault;
  }
  for (const { by, of } of rest) {
    const right = kindOf(of, known);
    if (by !== "+") {
      const wrong = [kind, right].find((one) => one !== undefined && one !== "number");
      if (wrong !== undefined) return `${WORDS[wrong]} is no number`;
      const fault = needNumber(of, known);
      if (fault !== undefined) return fault;
      if ((by === "/" || by === "%") && isZero(of)) return "A number cannot be divided by 0";
      kind = "number";
      continue;
    }
    const hasBoolean = kind === "boolean" || right === "boolean";
    const fault = hasBoolean && !known.booleansHaveText
      ? "true or false cannot be added"
      : textualSum([kind, right], known);
    if (fault !== undefined) return fault;
    kind = sumKind(kind, right);
  }
  return undefined;
}
