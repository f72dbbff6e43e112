/** Evaluates expressions. Never throws for a value: one that is absent, null or of the wrong type gives `undefined`. */
import { fieldOf, itemAt, keyOf, rangeOf, sliceOf } from "./access.ts";
import { applyBuiltIn, costOf, hasContent } from "./built_ins.ts";
import { compute, isNumeric, toNumber } from "./decimal.ts";
import type { Expression } from "./expression.ts";
import { MAX_FILLED_CHARACTERS, NODE_WORK } from "./limits.ts";
import { compare, joinTexts, operate, truthOf } from "./operators.ts";
import { pathOf } from "./path.ts";
import { enter, leave, lookUp, type Scope, spend } from "./scope.ts";
import { isSame } from "./compare_values.ts";
import { Callable, EMPTY, PiecedText, weightOf } from "./values.ts";

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

/** Reports a required value that is missing. */
function miss(expression: Expression, scope: Scope, tolerant: boolean): undefined {
  if (!tolerant) {
    const path = pathOf(expression, scope);
    if (path !== undefined) {
      scope.env.missed++;
      scope.env.onMissing(path);
    }
  }
  return undefined;
}

function orMiss(value: unknown, expression: Expression, scope: Scope, tolerant: boolean): unknown {
  return value ?? miss(expression, scope, tolerant);
}

/**
 * Evaluates a condition.
 *
 * @param tolerant whether a missing value is expected, so that `onMissing` is not called
 * @returns `undefined` where it has no value or is not a boolean
 */
export function evaluateCondition(
  expression: Expression,
  scope: Scope,
  tolerant = false,
): boolean | undefined {
  const value = evaluate(expression, scope, tolerant);
  if (value === undefined || typeof value === "boolean") return value;
  return truthOf(value) ?? miss(expression, scope, tolerant);
}

/** Evaluates `&&` up to the first false operand, `||` up to the first true one. */
function junction({ kind, operands }: Of<"and" | "or">, scope: Scope, tolerant: boolean) {
  for (const operand of operands) {
    const value = evaluateCondition(operand, scope, tolerant);
    if (value === undefined) return undefined;
    if (value === (kind === "or")) return value;
  }
  return kind === "and";
}

/** Evaluates several expressions; `undefined` where one has no value. All are evaluated, so that each is reported. */
function evaluateAll(
  expressions: readonly Expression[],
  scope: Scope,
  tolerant: boolean,
): readonly unknown[] | undefined {
  const values = expressions.map((part) => evaluate(part, scope, tolerant));
  return values.includes(undefined) ? undefined : values;
}

function position({ item, of, parameters }: Of<"position">, scope: Scope, tolerant: boolean) {
  const place = scope.items.get(item);
  if (place === undefined) return undefined;
  const { index, count } = place;
  const isOdd = index % 2 === 0;
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
    case "is_even_item":
      return !isOdd;
    case "is_odd_item":
      return isOdd;
    case "item_parity":
      return isOdd ? "odd" : "even";
    case "item_parity_cap":
      return isOdd ? "Odd" : "Even";
    case "item_cycle": {
      const chosen = parameters[index % parameters.length];
      return chosen === undefined ? undefined : evaluate(chosen, scope, tolerant);
    }
  }
}

function special({ name }: Of<"special">, { env, locals }: Scope): unknown {
  switch (name) {
    case "error":
      return locals?.get(".error") ?? env.variables.get(".error");
    case "locale":
      return env.settings.locale.replace("-", "_");
    case "lang":
      return env.settings.locale.split("-")[0];
    case "version":
      return "2.3.31";
    case "output_format":
      return env.escapes ? "HTML" : "undefined";
    case "auto_esc":
      return env.escapes;
  }
}

function wholeOf(value: unknown): number | undefined {
  return isNumeric(value) ? Math.trunc(toNumber(value)) : undefined;
}

/** Evaluates the ends of a range; `undefined` where one is no number. */
function bounds({ from, to, by }: Of<"range">, scope: Scope, tolerant: boolean) {
  const start = evaluate(from, scope, tolerant);
  const end = to === undefined ? undefined : evaluate(to, scope, tolerant);
  const [first, last] = [wholeOf(start), wholeOf(end)];
  const hasFailed = first === undefined || (to !== undefined && last === undefined);
  return hasFailed ? undefined : { from: first, to: last, by };
}

function key(expression: Of<"key">, scope: Scope, tolerant: boolean): unknown {
  const of = evaluate(expression.of, scope, tolerant);
  if (of === undefined) return undefined;
  if (expression.key.kind === "range") {
    const places = bounds(expression.key, scope, tolerant);
    if (places === undefined) return miss(expression, scope, tolerant);
    const part = sliceOf(of, places);
    spend(scope.env, weightOf(part));
    return orMiss(part, expression, scope, tolerant);
  }
  const value = evaluate(expression.key, scope, tolerant);
  if (value === undefined) return undefined;
  return orMiss(keyOf(of, value), expression, scope, tolerant);
}

/** Applying `x -> …` to an item costs as much as evaluating so many nodes. */
const LAMBDA_NODES = 5;

/** The value of a parameter: `x -> …` and functions are applied to items. */
function parameterOf(part: Expression, scope: Scope, tolerant: boolean): unknown {
  if (part.kind !== "lambda") {
    const value = evaluate(part, scope, tolerant);
    if (!(value instanceof Callable)) return value;
    return (item: unknown) => scope.env.callFunction(value, [item], scope.env);
  }
  return (value: unknown) => {
    spend(scope.env, NODE_WORK * LAMBDA_NODES);
    const item = { value, index: 0, count: 1, path: part.name };
    const inner = { ...scope, items: new Map(scope.items).set(part.name, item) };
    return evaluate(part.body, inner, tolerant);
  };
}

/** Built-ins that need only some of their values. @returns the symbol {@link EAGER} for all others */
function lazily(expression: Of<"built-in">, scope: Scope, tolerant: boolean): unknown {
  const { of, name, parameters } = expression;
  switch (name) {
    case "has_content":
      return hasContent(evaluate(of, scope, true));
    case "exists":
      return evaluate(of, scope, true) !== undefined;
    case "if_exists":
      return evaluate(of, scope, true) ?? EMPTY;
    case "default":
      return parameters.reduce<unknown>(
        (value, other, index) =>
          value ?? evaluate(other, scope, tolerant || index + 1 < parameters.length),
        evaluate(of, scope, true),
      );
    case "then": {
      const holds = evaluateCondition(of, scope, tolerant);
      const chosen = parameters[holds === true ? 0 : 1];
      return holds === undefined || chosen === undefined
        ? undefined
        : evaluate(chosen, scope, tolerant);
    }
    case "switch":
      return choose(expression, scope, tolerant);
    default:
      return EAGER;
  }
}

const EAGER = Symbol("eager");

/** `value?switch(case1, result1, case2, result2, …, default)`. */
function choose({ of, parameters }: Of<"built-in">, scope: Scope, tolerant: boolean): unknown {
  const value = evaluate(of, scope, tolerant);
  if (value === undefined) return undefined;
  for (let index = 0; index < parameters.length; index += 2) {
    const [first, result] = [parameters[index], parameters[index + 1]];
    if (first === undefined) return undefined;
    if (result === undefined) return evaluate(first, scope, tolerant);
    const compared = evaluate(first, scope, tolerant);
    const same = compared === undefined ? undefined : isSame(value, compared);
    if (same === undefined) return miss(of, scope, tolerant);
    if (same) return evaluate(result, scope, tolerant);
  }
  return miss(of, scope, tolerant);
}

/** Built-ins that look for a value, which may be missing: then it is not found. */
const SEARCHES: ReadonlySet<string> = new Set([
  "seq_contains",
  "seq_index_of",
  "seq_last_index_of",
]);

function builtIn(expression: Of<"built-in">, scope: Scope, tolerant: boolean): unknown {
  const found = lazily(expression, scope, tolerant);
  if (found !== EAGER) return found;
  const of = evaluate(expression.of, scope, tolerant);
  if (of === undefined) return undefined;
  const isSearch = SEARCHES.has(expression.name);
  const parameters = expression.parameters.map((part) =>
    isSearch ? evaluate(part, scope, true) ?? null : parameterOf(part, scope, tolerant)
  );
  if (parameters.includes(undefined)) return undefined;
  spend(scope.env, costOf(expression.name, of));
  const value = applyBuiltIn(expression.name, of, parameters, scope.env);
  return value ?? miss(expression, scope, tolerant);
}

function arithmetic(expression: Of<"arithmetic">, scope: Scope, tolerant: boolean): unknown {
  let value = evaluate(expression.first, scope, tolerant);
  for (const { by, of } of expression.rest) {
    const right = evaluate(of, scope, tolerant);
    if (value === undefined || right === undefined) {
      value = undefined;
      continue;
    }
    value = operate(value, by, right, scope.env) ?? miss(expression, scope, tolerant);
  }
  return value;
}

function hash({ entries }: Of<"hash">, scope: Scope, tolerant: boolean): unknown {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) {
    const text = scope.env.textOf(evaluate(name, scope, tolerant));
    const given = evaluate(value, scope, tolerant);
    if (text === undefined || given === undefined) return undefined;
    fields[text] = given;
  }
  return fields;
}

function call({ of, parameters }: Of<"call">, scope: Scope, tolerant: boolean): unknown {
  const callable = evaluate(of, scope, tolerant);
  const values = evaluateAll(parameters, scope, tolerant);
  if (values === undefined || callable === undefined) return undefined;
  if (!(callable instanceof Callable)) return miss(of, scope, tolerant);
  return scope.env.callFunction(callable, values, scope.env) ?? miss(of, scope, tolerant);
}

/** A text in quotes that has HTML in it stays the author's where values are escaped. */
function literal({ value, isMarkup }: Of<"literal">, { env }: Scope): unknown {
  if (isMarkup !== true || !env.escapes || typeof value !== "string") return value;
  return new PiecedText([{ text: value, isValue: false }], false);
}

/**
 * Evaluates an expression; `undefined` where a required value is absent, null or of the wrong type.
 *
 * @param tolerant whether missing values are expected; `onMissing` is then not called
 * @throws {TemplateStopped} when the work exceeds the limit
 */
export function evaluate(expression: Expression, scope: Scope, tolerant: boolean): unknown {
  const { env } = scope;
  spend(env, NODE_WORK);
  switch (expression.kind) {
    case "literal":
      return literal(expression, scope);
    case "variable":
      if (scope.escaped?.name === expression.name) {
        return evaluate(scope.escaped.of, scope.escaped.scope, tolerant);
      }
      return orMiss(lookUp(expression.name, scope), expression, scope, tolerant);
    case "field": {
      const of = evaluate(expression.of, scope, tolerant);
      if (of === undefined) return undefined;
      return orMiss(fieldOf(of, expression.name), expression, scope, tolerant);
    }
    case "position":
      return position(expression, scope, tolerant);
    default: {
      // Fields and positions hold no calls that could nest without end.
      enter(env);
      const value = evaluateInner(expression, scope, tolerant);
      leave(env);
      return value;
    }
  }
}

function evaluateInner(
  expression: Exclude<Expression, Of<"literal" | "variable" | "field" | "position">>,
  scope: Scope,
  tolerant: boolean,
): unknown {
  switch (expression.kind) {
    case "text": {
      const parts = evaluateAll(expression.parts, scope, tolerant);
      return parts && (joinTexts(parts, scope.env) ?? miss(expression, scope, tolerant));
    }
    case "list":
      return evaluateAll(expression.items, scope, tolerant);
    case "hash":
      return hash(expression, scope, tolerant);
    case "range": {
      const found = bounds(expression, scope, tolerant);
      if (found === undefined) return miss(expression, scope, tolerant);
      return rangeOf(found, (length) => scope.env.grow(Math.min(length * 10, MAX_RANGE_WORK)));
    }
    case "special":
      return special(expression, scope);
    case "item": {
      const of = evaluate(expression.of, scope, tolerant);
      if (of === undefined) return undefined;
      return orMiss(itemAt(of, expression.index), expression, scope, tolerant);
    }
    case "key":
      return key(expression, scope, tolerant);
    case "default": {
      const value = evaluate(expression.of, scope, true);
      if (value !== undefined) return value;
      return expression.other === undefined ? EMPTY : evaluate(expression.other, scope, tolerant);
    }
    case "exists":
      return evaluate(expression.of, scope, true) !== undefined;
    case "built-in":
      return builtIn(expression, scope, tolerant);
    case "lambda":
      return undefined;
    case "escaped": {
      const { of, name, by } = expression;
      return evaluate(by, { ...scope, escaped: { name, of, scope } }, tolerant);
    }
    case "call":
      return call(expression, scope, tolerant);
    case "not": {
      const value = evaluateCondition(expression.of, scope, tolerant);
      return value === undefined ? undefined : !value;
    }
    case "sign": {
      const value = evaluate(expression.of, scope, tolerant);
      if (value === undefined) return undefined;
      const signed = isNumeric(value)
        ? compute(0, expression.isMinus ? "-" : "+", value)
        : undefined;
      return signed ?? miss(expression, scope, tolerant);
    }
    case "and":
    case "or":
      return junction(expression, scope, tolerant);
    case "compare": {
      const left = evaluate(expression.left, scope, tolerant);
      const right = evaluate(expression.right, scope, tolerant);
      if (left === undefined || right === undefined) return undefined;
      spend(scope.env, Math.min(weightOf(left), weightOf(right)));
      return compare(left, right, expression.by) ?? miss(expression, scope, tolerant);
    }
    case "arithmetic":
      return arithmetic(expression, scope, tolerant);
  }
}

/** A range that is too long stops the message. */
const MAX_RANGE_WORK = MAX_FILLED_CHARACTERS + 1;
