/** Finds the parts of an expression without which it has no value. */
import { evaluate } from "../evaluate.ts";
import { type Expression, partsOf } from "../expression.ts";
import { MAX_WORK, TemplateStopped } from "../limits.ts";
import { type Environment, newEnvironment } from "../scope.ts";

const SETTING_DEPENDENT: ReadonlySet<string> = new Set([
  "date",
  "time",
  "datetime",
  "url",
  "url_path",
]);

/** Whether an expression reads nothing from outside, so that its value is known. */
function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case "variable":
    case "special":
    case "position":
    case "call":
    case "lambda":
    case "escaped":
      return false;
    case "built-in":
      // What a date is written as depends on settings.
      return !SETTING_DEPENDENT.has(expression.name) && partsOf(expression).every(isConstant);
    default:
      return partsOf(expression).every(isConstant);
  }
}

const LAZY: ReadonlySet<string> = new Set([
  "has_content",
  "exists",
  "if_exists",
  "default",
]);

/** The direct parts without which an expression has no value, in source order. */
export function neededParts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "default":
    case "exists":
    case "lambda":
    case "position":
      return [];
    case "key": {
      // A range as a key is not made as a list.
      const { of, key } = expression;
      return [of, ...(key.kind === "range" ? partsOf(key) : [key])];
    }
    case "and":
    case "or":
      return expression.operands.slice(0, 1);
    case "built-in":
      if (expression.name === "then" || expression.name === "switch") return [expression.of];
      return LAZY.has(expression.name) ? [] : partsOf(expression);
    default:
      return partsOf(expression);
  }
}

/** The most work of evaluating a template's constants, in the unit of `MAX_WORK`. Beyond it none is evaluated. */
const MAX_CONSTANT_WORK = 1_000_000;

/** Creates the state in which the constants of one template are evaluated. */
export function newConstantEnvironment(): Environment {
  const env = newEnvironment(new Map(), false, () => undefined, () => undefined);
  env.work = MAX_WORK - MAX_CONSTANT_WORK;
  return env;
}

/**
 * Whether a part that is needed has no value, such as `1 / 0`.
 *
 * @param env what {@link newConstantEnvironment} returned for the template
 */
export function failsAlways(expression: Expression, env: Environment): boolean {
  if (!isConstant(expression)) {
    return neededParts(expression).some((part) => failsAlways(part, env));
  }
  // Throwing for each further constant would take longer than evaluating it.
  if (env.work >= MAX_WORK) return false;
  try {
    return evaluate(expression, { env, items: new Map(), locals: undefined }, true) === undefined;
  } catch (stopped) {
    if (!(stopped instanceof TemplateStopped)) throw stopped;
    env.depth = 0;
    if (stopped.limit !== "work") return true;
    env.work = MAX_WORK;
    return false;
  }
}

/** Whether an expression has no value outside a `[#recover]`, since it needs `.error`. */
export function needsError(expression: Expression): boolean {
  return (expression.kind === "special" && expression.name === "error") ||
    neededParts(expression).some(needsError);
}
