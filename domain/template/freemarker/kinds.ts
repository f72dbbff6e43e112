/** Finds the kind of an expression's value when the values are not known. */
import type { Kind } from "./built_in.ts";
import { builtInOf } from "./built_ins.ts";
import { isNumeric } from "./decimal.ts";
import type { Expression } from "./expression.ts";

/** Kinds whose sum is of the same kind. */
const SUMMED: ReadonlySet<Kind> = new Set(["number", "list", "hash"]);

/** What is known of a template's values where an expression stands. */
export interface Kinds {
  /** Returns the kinds of which a variable's value is one; `undefined` where nothing is known of it. */
  readonly of: (name: string) => readonly Kind[] | undefined;
  /** Whether `true` and `false` have a text, by a `[#setting boolean_format=…]`. */
  readonly booleansHaveText: boolean;
}

/** Nothing is known. */
export const NO_KINDS: Kinds = { of: () => undefined, booleansHaveText: false };

/**
 * Returns the kind that an expression's value always has; `undefined` where it depends on the values.
 *
 * @param known the kinds of variables. Default: none is known
 */
export function kindOf(expression: Expression, known: Kinds = NO_KINDS): Kind | undefined {
  switch (expression.kind) {
    case "literal":
      if (isNumeric(expression.value)) return "number";
      return typeof expression.value === "string" ? "string" : "boolean";
    case "text":
      return "string";
    case "list":
    case "range":
      return "list";
    case "hash":
      return "hash";
    case "exists":
    case "not":
    case "and":
    case "or":
    case "compare":
      return "boolean";
    case "sign":
      return "number";
    case "position":
      return positionKind(expression.of);
    case "built-in":
      return builtInKind(expression, known);
    case "arithmetic":
      return arithmeticKind(expression, known);
    case "default": {
      const kind = kindOf(expression.of, known);
      const { other } = expression;
      return other !== undefined && kindOf(other, known) === kind ? kind : undefined;
    }
    case "escaped":
      return kindOf(expression.by, known);
    case "special":
      return expression.name === "auto_esc" ? "boolean" : "string";
    case "variable":
      return onlyOf(known.of(expression.name));
    case "item":
      return kindOf(expression.of, known) === "string" ? "string" : undefined;
    case "key": {
      const kind = kindOf(expression.of, known);
      if (kind === "string") return kind;
      return kind === "list" && expression.key.kind === "range" ? kind : undefined;
    }
    case "field":
    case "lambda":
    case "call":
      return undefined;
  }
}

function onlyOf(kinds: readonly Kind[] | undefined): Kind | undefined {
  return kinds?.length === 1 ? kinds[0] : undefined;
}

function positionKind(of: Extract<Expression, { kind: "position" }>["of"]): Kind | undefined {
  if (of === "index" || of === "counter") return "number";
  if (of === "item_parity" || of === "item_parity_cap") return "string";
  return of === "item_cycle" ? undefined : "boolean";
}

function builtInKind(
  { name, parameters }: Extract<Expression, { kind: "built-in" }>,
  known: Kinds,
) {
  if (name !== "then") return builtInOf(name).gives;
  const [yes, no] = parameters.map((part) => kindOf(part, known));
  return yes === no ? yes : undefined;
}

/** Every kind. */
export const KINDS: readonly Kind[] = ["string", "number", "boolean", "date", "list", "hash"];

/** The kinds of which some built-ins give one, by their value. */
const GIVEN: ReadonlyMap<string, readonly Kind[]> = new Map([
  ["matches", ["boolean", "list"]],
  ["min", ["number", "date"]],
  ["max", ["number", "date"]],
]);

/** Whether an expression has a value whatever the message's values are. */
function isNeverMissing({ kind }: Expression): boolean {
  return kind === "exists" || kind === "literal" || kind === "list" || kind === "hash";
}

/** Whether `first + second` may be of one of these kinds, where only the kind of one of them is known. */
function sumCanBe(one: Kind | undefined, kinds: readonly Kind[]): boolean {
  if (one === undefined) return true;
  if (one === "list" || one === "hash") return kinds.includes(one);
  return kinds.includes("string") || (one === "number" && kinds.includes("number"));
}

/**
 * Whether an expression's value may be of one of these kinds: `false` where it is of another with any values.
 *
 * @param known the kinds of variables
 */
export function canBe(
  expression: Expression,
  kinds: readonly Kind[],
  known: Kinds = NO_KINDS,
): boolean {
  const kind = kindOf(expression, known);
  if (kind !== undefined) return kinds.includes(kind);
  switch (expression.kind) {
    case "variable": {
      const possible = known.of(expression.name);
      return possible === undefined || possible.some((one) => kinds.includes(one));
    }
    case "key":
      return expression.key.kind !== "range" || kinds.includes("string") || kinds.includes("list");
    case "default": {
      const { of, other } = expression;
      if (canBe(of, kinds, known)) return true;
      if (isNeverMissing(of)) return false;
      return other === undefined
        ? kinds.some((one) => one === "string" || one === "list" || one === "hash")
        : canBe(other, kinds, known);
    }
    case "built-in":
      if (expression.name === "then") {
        return expression.parameters.some((part) => canBe(part, kinds, known));
      }
      return GIVEN.get(expression.name)?.some((kind) => kinds.includes(kind)) ?? true;
    case "arithmetic": {
      const { first, rest } = expression;
      const [only] = rest;
      if (rest.length !== 1 || only === undefined || only.by !== "+") return true;
      return sumCanBe(kindOf(first, known) ?? kindOf(only.of, known), kinds);
    }
    default:
      return true;
  }
}

/** Returns the kind of `left + right`; `undefined` where it depends on the values, or where the two cannot be added. */
export function sumKind(left: Kind | undefined, right: Kind | undefined): Kind | undefined {
  if (left === "string" || right === "string") return "string";
  return left === right && left !== undefined && SUMMED.has(left) ? left : undefined;
}

function arithmeticKind(
  { first, rest }: Extract<Expression, { kind: "arithmetic" }>,
  known: Kinds,
) {
  return rest.reduce<Kind | undefined>(
    (kind, { by, of }) => by === "+" ? sumKind(kind, kindOf(of, known)) : "number",
    kindOf(first, known),
  );
}
