/** Evaluates expressions. Never throws for a value: one that is absent, null or of the wrong type gives `undefined`. */
import {
  applyBuiltIn,
  type BuiltInContext,
  costOf,
  hasContent,
  isFields,
  isSame,
  weightOf,
} from "./built_ins.ts";
import type { Comparison, Expression } from "./expression.ts";
import { MAX_WORK, NODE_WORK, TemplateStopped } from "./limits.ts";

/** The current item of a loop `[#list … as item]`. */
export interface Item {
  readonly value: unknown;
  /** From 0. */
  readonly index: number;
  /** The number of items of the list. */
  readonly count: number;
  /** Its path in the personalisation: `names[0]`. */
  readonly path: string;
}

/** The values and limits for the evaluation of an expression. */
export interface Scope extends BuiltInContext {
  /** Values by exact name. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The current items of the enclosing loops, by the loops' names for them. */
  readonly items: ReadonlyMap<string, Item>;
  /**
   * Called for each required value that is absent, null or of the wrong type, with its path in the personalisation,
   * such as `person.name` or `names[0]`.
   */
  readonly onMissing: (path: string) => void;
  /** The work done so far for the whole message; it increases. */
  readonly spent: { work: number };
}

type Evaluate = (expression: Expression, scope: Scope, tolerant: boolean) => unknown;

/** Adds to the work done for the message. @throws {TemplateStopped} when it exceeds `MAX_WORK` */
export function spend(scope: Scope, work: number): void {
  scope.spent.work += work;
  if (scope.spent.work > MAX_WORK) throw new TemplateStopped("work");
}

/**
 * The path in the personalisation of the value that an expression reads, such as `person.name` or `names[0]`;
 * `undefined` for an expression that reads none.
 */
export function pathOf(expression: Expression, scope: Scope): string | undefined {
  switch (expression.kind) {
    case "literal":
    case "list":
      return undefined;
    case "variable":
      return scope.items.get(expression.name)?.path ?? expression.name;
    case "position":
      return scope.items.get(expression.item)?.path;
    case "field": {
      const of = pathOf(expression.of, scope);
      return of === undefined ? undefined : `${of}.${expression.name}`;
    }
    case "item": {
      const of = pathOf(expression.of, scope);
      return of === undefined ? undefined : `${of}[${expression.index}]`;
    }
    case "default":
    case "exists":
    case "built-in":
    case "not":
      return pathOf(expression.of, scope);
    case "and":
    case "or":
      return undefined;
    case "compare":
      return pathOf(expression.left, scope) ?? pathOf(expression.right, scope);
  }
}

/** Reports a required value that is missing. */
function miss(expression: Expression, scope: Scope, tolerant: boolean): undefined {
  if (!tolerant) {
    const path = pathOf(expression, scope);
    if (path !== undefined) scope.onMissing(path);
  }
  return undefined;
}

function own(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function orMiss(value: unknown, expression: Expression, scope: Scope, tolerant: boolean): unknown {
  return value ?? miss(expression, scope, tolerant);
}

function positionOf({ index, count }: Item, of: Extract<Expression, { kind: "position" }>["of"]) {
  switch (of) {
    case "index":
      return index;
    case "counter":
      return index + 1;
    case "has_next":
      return index + 1 < count;
    case "is_first":
      return index === 0;
    case "is_last":
      return index + 1 === count;
  }
}

function ordered(left: number, right: number, by: Exclude<Comparison, "==" | "!=">): boolean {
  switch (by) {
    case "lt":
      return left < right;
    case "lte":
      return left <= right;
    case "gt":
      return left > right;
    case "gte":
      return left >= right;
  }
}

function compare(left: unknown, right: unknown, by: Comparison): boolean | undefined {
  if (by !== "==" && by !== "!=") {
    return typeof left === "number" && typeof right === "number"
      ? ordered(left, right, by)
      : undefined;
  }
  const same = isSame(left, right);
  return same === undefined ? undefined : same === (by === "==");
}

/**
 * Evaluates a condition. @returns `undefined` where it has no value or is not a boolean, which is reported to
 * `onMissing` unless `tolerant` is set
 */
export function evaluateCondition(
  expression: Expression,
  scope: Scope,
  tolerant = false,
): boolean | undefined {
  const value = evaluate(expression, scope, tolerant);
  if (value === undefined) return undefined;
  return typeof value === "boolean" ? value : miss(expression, scope, tolerant);
}

/** Whether an expression `value!` gave its default, the empty string: where a list is expected, it is an empty list. */
export function isEmptyDefault(expression: Expression, value: unknown): boolean {
  return expression.kind === "default" && expression.other === undefined && value === "";
}

/** Evaluates `&&` up to the first false operand, `||` up to the first true one. */
function junction(
  { kind, operands }: Extract<Expression, { kind: "and" | "or" }>,
  scope: Scope,
  tolerant: boolean,
): boolean | undefined {
  for (const operand of operands) {
    const value = evaluateCondition(operand, scope, tolerant);
    if (value === undefined) return undefined;
    if (value === (kind === "or")) return value;
  }
  return kind === "and";
}

/**
 * Evaluates an expression; `undefined` where a required value is absent, null or of the wrong type.
 *
 * @param tolerant whether missing values are expected; `onMissing` is then not called
 * @throws {TemplateStopped} when the work exceeds the limit
 */
export const evaluate: Evaluate = (expression, scope, tolerant) => {
  spend(scope, NODE_WORK);
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "list": {
      const items = expression.items.map((item) => evaluate(item, scope, tolerant));
      return items.includes(undefined) ? undefined : items;
    }
    case "variable": {
      const item = scope.items.get(expression.name);
      const value = item === undefined ? scope.values.get(expression.name) : item.value;
      return orMiss(value, expression, scope, tolerant);
    }
    case "position": {
      const item = scope.items.get(expression.item);
      return item === undefined ? undefined : positionOf(item, expression.of);
    }
    case "field": {
      const of = evaluate(expression.of, scope, tolerant);
      if (of === undefined) return undefined;
      return orMiss(own(of, expression.name), expression, scope, tolerant);
    }
    case "item": {
      const of = evaluate(expression.of, scope, tolerant);
      if (of === undefined) return undefined;
      const value: unknown = Array.isArray(of) ? of[expression.index] : undefined;
      return orMiss(value, expression, scope, tolerant);
    }
    case "default": {
      const value = evaluate(expression.of, scope, true);
      if (value !== undefined) return value;
      return expression.other === undefined ? "" : evaluate(expression.other, scope, tolerant);
    }
    case "exists":
      return evaluate(expression.of, scope, true) !== undefined;
    case "built-in": {
      const isTolerant = tolerant || expression.name === "has_content";
      const of = evaluate(expression.of, scope, isTolerant);
      if (expression.name === "has_content") return hasContent(of);
      if (of === undefined) return undefined;
      const parameters = expression.parameters.map((part) => evaluate(part, scope, tolerant));
      if (parameters.includes(undefined)) return undefined;
      spend(scope, costOf(expression.name, of));
      const value = applyBuiltIn(expression.name, of, parameters, scope) ??
        (isEmptyDefault(expression.of, of)
          ? applyBuiltIn(expression.name, [], parameters, scope)
          : undefined);
      return value ?? miss(expression, scope, tolerant);
    }
    case "not": {
      const value = evaluateCondition(expression.of, scope, tolerant);
      return value === undefined ? undefined : !value;
    }
    case "and":
    case "or":
      return junction(expression, scope, tolerant);
    case "compare": {
      const left = evaluate(expression.left, scope, tolerant);
      const right = evaluate(expression.right, scope, tolerant);
      if (left === undefined || right === undefined) return undefined;
      spend(scope, Math.min(weightOf(left), weightOf(right)));
      return compare(left, right, expression.by) ?? miss(expression, scope, tolerant);
    }
  }
};
