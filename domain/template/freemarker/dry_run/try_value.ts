/** Evaluates expressions before any message is there, as far as they do not depend on the message's values. */
import type { Kind } from "../built_in.ts";
import { builtInOf } from "../built_ins.ts";
import { faultOf as expressionFault } from "../check/check.ts";
import { neededParts } from "../check/needed_parts.ts";
import { type Needed, neededFault } from "../check/needs.ts";
import { isNumeric } from "../decimal.ts";
import { canBe, KINDS, type Kinds } from "../kinds.ts";
import { evaluate, evaluateCondition } from "../evaluate.ts";
import { type Expression, partsOf } from "../expression.ts";
import { formatFor, isDateFormat } from "../moments.ts";
import { isNumberFormat } from "../number_format.ts";
import { lookUp, type Scope, spend } from "../scope.ts";
import { NeedsValue, Unknown } from "./unknown.ts";
import { isFields, Moment, PiecedText } from "../values.ts";

/** An expression that has no value, whatever the message's values are. */
export class Failed {
  /** @param message why, for the author */
  constructor(readonly message: string) {}
}

/** What is said where nothing more precise is known. */
export const NO_VALUE = "This has no value, whatever the message's values are";

/** What trying an expression costs, in the unit of `MAX_WORK`, and what each of its parts adds. */
const TRY_WORK = 200;
const PART_WORK = 20;

/** A place at which expressions are tried. */
export interface TryScope extends Scope {
  /**
   * Tries a function of the template with values of which some are not known.
   *
   * @returns why it fails with any of them
   */
  readonly tryCall?:
    | ((callable: unknown, values: readonly unknown[]) => Failed | undefined)
    | undefined;
}

type Of<Kind extends Expression["kind"]> = Extract<Expression, { readonly kind: Kind }>;

/** Why a variable has no known value; `undefined` where it has one. */
function lacking(name: string, scope: TryScope): NeedsValue | undefined {
  try {
    lookUp(name, scope);
    return undefined;
  } catch (reason) {
    if (reason instanceof NeedsValue) return reason;
    throw reason;
  }
}

/** The kinds of the variables that are not known, and of those that are. */
function kindsIn(scope: TryScope): Kinds {
  const { escaped, env } = scope;
  const of = (name: string): readonly Kind[] | undefined => {
    if (escaped?.name === name) return kindsOf(escaped.of, escaped.scope);
    const lack = lacking(name, scope);
    if (lack !== undefined) return lack.kinds ?? (lack.isJson ? JSON_KINDS : undefined);
    const kind = valueKind(lookUp(name, scope));
    return kind && [kind];
  };
  return { of, booleansHaveText: env.settings.booleans !== undefined };
}

/** The kinds of which an expression's value is one. */
function kindsOf(expression: Expression, scope: TryScope): readonly Kind[] {
  spend(scope.env, PART_WORK);
  const known = kindsIn(scope);
  const kinds = isJson(expression, scope) ? JSON_KINDS : KINDS;
  return kinds.filter((kind) => canBe(expression, [kind], known));
}

const JSON_KINDS = KINDS.filter((kind) => kind !== "date");

/** The kind of a known value. */
function valueKind(value: unknown): Kind | undefined {
  if (typeof value === "string" || value instanceof PiecedText) return "string";
  if (isNumeric(value)) return "number";
  if (typeof value === "boolean") return "boolean";
  if (value instanceof Moment) return "date";
  if (Array.isArray(value)) return "list";
  return isFields(value) ? "hash" : undefined;
}

/** Whether an expression is one of the message's values, or a part of one: never a date, nor a macro. */
function isJson(expression: Expression, scope: TryScope): boolean {
  switch (expression.kind) {
    case "variable":
      return lacking(expression.name, scope)?.isJson === true;
    case "field":
    case "item":
    case "key":
      return isJson(expression.of, scope);
    case "default": {
      if (!isJson(expression.of, scope)) return false;
      if (expression.other === undefined) return true;
      const other = tryValue(expression.other, scope, true);
      return other instanceof Unknown ? other.isJson : !(other instanceof Moment);
    }
    default:
      return false;
  }
}

/** What a built-in of a value that comes with the message needs, and JSON values never are. */
function jsonFault({ name, parameters }: Of<"built-in">, scope: TryScope): string | undefined {
  const { on } = builtInOf(name);
  if (on?.length === 1 && on[0] === "date") {
    return `?${name} needs a date: the values of a message are texts, which ?date('yyyy-MM-dd') reads`;
  }
  if (name !== "string" || parameters.length !== 1 || parameters[0] === undefined) return undefined;
  const format = tryValue(parameters[0], scope, true);
  if (typeof format !== "string" || isNumberFormat(format)) return undefined;
  return isDateFormat(format)
    ? "This is no format of numbers; to write a date, read it from the message's text first, with ?date('yyyy-MM-dd')"
    : "This format is not known";
}

/** What a built-in with an unknown value lacks. */
function builtInFault(expression: Of<"built-in">, scope: TryScope): string | undefined {
  const { name, of, parameters } = expression;
  const fault = isJson(of, scope) ? jsonFault(expression, scope) : undefined;
  if (fault !== undefined) return fault;
  if ((name === "date" || name === "time" || name === "datetime") && parameters.length === 0) {
    return isDateFormat(formatFor(name, scope.env.settings))
      ? undefined
      : "The format of dates that the template sets is not known";
  }
  return undefined;
}

/** The parts of an expression without which it has no value, each with the scope to evaluate it in. */
function partsIn(
  expression: Expression,
  scope: TryScope,
): readonly (readonly [Expression, TryScope])[] {
  if (expression.kind === "escaped") {
    const { of, name, by } = expression;
    return [[by, { ...scope, escaped: { name, of, scope } }]];
  }
  return neededParts(expression).filter(({ kind }) => kind !== "lambda").map((
    part,
  ) => [part, scope]);
}

/** Why an expression that depends on the message's values fails with any of them. */
function unknownFault(expression: Expression, scope: TryScope): Failed | undefined {
  spend(scope.env, PART_WORK * partsOf(expression).length);
  for (const [part, inner] of partsIn(expression, scope)) {
    const value = tryValue(part, inner, false);
    if (value instanceof Failed) return value;
  }
  if (expression.kind === "call") {
    const values = expression.parameters.map((part) => tryValue(part, scope, false));
    return scope.tryCall?.(tryValue(expression.of, scope, false), values);
  }
  const fault = (expression.kind === "built-in" ? builtInFault(expression, scope) : undefined) ??
    expressionFault(expression, kindsIn(scope));
  return fault === undefined ? undefined : new Failed(fault);
}

function attempt(expression: Expression, scope: TryScope, evaluated: () => unknown): unknown {
  const { env } = scope;
  const { depth, missed } = env;
  spend(env, TRY_WORK);
  try {
    const value = evaluated();
    return value === undefined || env.missed !== missed ? new Failed(NO_VALUE) : value;
  } catch (reason) {
    env.depth = depth;
    if (!(reason instanceof NeedsValue)) throw reason;
    return unknownFault(expression, scope) ??
      new Unknown(isJson(expression, scope), kindsOf(expression, scope));
  }
}

/**
 * Evaluates an expression as far as its value does not depend on the message's values.
 *
 * @param tolerant whether a missing value is expected
 * @param needed what the template does with the value. Default: something that any value is good for
 * @returns its value; an {@link Unknown}; or, where it fails with any values, a {@link Failed}
 * @throws {TemplateStopped} when it exceeds a limit
 */
export function tryValue(
  expression: Expression,
  scope: TryScope,
  tolerant: boolean,
  needed: Needed = "value",
): unknown {
  const value = attempt(expression, scope, () => evaluate(expression, scope, tolerant));
  if (!(value instanceof Unknown)) return value;
  const fault = neededFault(expression, needed, kindsIn(scope));
  return fault === undefined ? value : new Failed(fault);
}

/**
 * As {@link tryValue}, for a condition. `&&` with an operand that is false is false, and `||` with one that is true is
 * true, also beside operands that are not known.
 */
export function tryCondition(expression: Expression, scope: TryScope): boolean | Unknown | Failed {
  const value = attempt(expression, scope, () => evaluateCondition(expression, scope));
  if (typeof value === "boolean" || value instanceof Failed) return value;
  if (expression.kind === "and" || expression.kind === "or") {
    const decides = expression.kind === "or";
    if (expression.operands.some((one) => tryCondition(one, scope) === decides)) return decides;
  }
  const fault = neededFault(expression, "condition", kindsIn(scope));
  if (fault !== undefined) return new Failed(fault);
  return new Unknown(false);
}
