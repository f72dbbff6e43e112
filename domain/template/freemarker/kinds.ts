/** Finds the kind of an expression's value when the values are not known. */
import type { Kind } from "./built_in.ts";
import { builtInOf } from "./built_ins.ts";
import { isNumeric } from "./decimal.ts";
import type { Expression } from "./expression.ts";

/** Kinds whose sum is of the same kind. */
const SUMMED: ReadonlySet<Kind> = new Set(["number", "list", "hash"]);

/** Returns the kind that an expression's value always has; `undefined` where it depends on the values. */
export function kindOf(expression: Expression): Kind | undefined {
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
      return builtInKind(expression);
    case "arithmetic":
      return arithmeticKind(expression);
    case "default": {
      const kind = kindOf(expression.of);
      return expression.other !== undefined && kindOf(expression.other) === kind ? kind : undefined;
    }
    case "escaped":
      return kindOf(expression.by);
    case "special":
      return expression.name === "auto_esc" ? "boolean" : "string";
    case "variable":
    case "field":
    case "item":
    case "key":
    case "lambda":
    case "call":
      return undefined;
  }
}

function positionKind(of: Extract<Expression, { kind: "position" }>["of"]): Kind | undefined {
  if (of === "index" || of === "counter") return "number";
  if (of === "item_parity" || of === "item_parity_cap") return "string";
  return of === "item_cycle" ? undefined : "boolean";
}

function builtInKind({ name, parameters }: Extract<Expression, { kind: "built-in" }>) {
  if (name !== "then") return builtInOf(name).gives;
  const [yes, no] = parameters.map(kindOf);
  return yes === no ? yes : undefined;
}

/** Returns the kind of `left + right`; `undefined` where it depends on the values, or where the two cannot be added. */
export function sumKind(left: Kind | undefined, right: Kind | undefined): Kind | undefined {
  if (left === "string" || right === "string") return "string";
  return left === right && left !== undefined && SUMMED.has(left) ? left : undefined;
}

function arithmeticKind({ first, rest }: Extract<Expression, { kind: "arithmetic" }>) {
  return rest.reduce<Kind | undefined>(
    (kind, { by, of }) => by === "+" ? sumKind(kind, kindOf(of)) : "number",
    kindOf(first),
  );
}
