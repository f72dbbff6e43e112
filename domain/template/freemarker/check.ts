/** Finds what must fail in an expression, whatever the values are: such a template is not published. */
import { ok, type Result } from "../../result.ts";
import type { Kind } from "./built_in.ts";
import { builtInOf } from "./built_ins.ts";
import { isNumeric, toNumber } from "./decimal.ts";
import { isDateFormat } from "./moments.ts";
import { isUtf8 } from "./escape_built_ins.ts";
import { evaluate } from "./evaluate.ts";
import { type Expression, partsOf } from "./expression.ts";
import { type FaultAt, faultAt } from "./fault.ts";
import { canBe, kindOf, type Kinds, sumKind } from "./kinds.ts";
import { TemplateStopped } from "./limits.ts";
import { isNumberFormat } from "./number_format.ts";
import type { MomentKind } from "./values.ts";
import { toProgram } from "./regex.ts";
import { newEnvironment } from "./scope.ts";

/** Kinds without a text. */
const WITHOUT_TEXT: ReadonlySet<Kind> = new Set(["list", "hash", "boolean"]);
/** Kinds that `value[key]` reads a part of. */
const WITH_PARTS: readonly Kind[] = ["string", "list", "hash"];
const WITH_TEXT: readonly Kind[] = ["string", "number", "date"];
const WORDS: Readonly<Record<Kind, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  date: "a date",
  list: "a list",
  hash: "an object",
};

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

function literalText(expression: Expression | undefined): string | undefined {
  return expression?.kind === "literal" && typeof expression.value === "string"
    ? expression.value
    : undefined;
}

type BuiltInExpression = Extract<Expression, { readonly kind: "built-in" }>;

/** Which of its kinds a date has, where that is always the same. */
function momentKindOf(expression: Expression): MomentKind | undefined {
  if (expression.kind !== "built-in") return undefined;
  const name = expression.name.replace(/^number_to_/, "");
  return name === "date" || name === "time" || name === "datetime" ? name : undefined;
}

const MOMENT_WORDS: Readonly<Record<MomentKind, string>> = {
  date: "A date without a time",
  time: "A time without a date",
  datetime: "A date with a time",
};

function conversionFault(to: MomentKind, from: MomentKind | undefined): string | undefined {
  return from === undefined || from === to || from === "datetime"
    ? undefined
    : `${MOMENT_WORDS[from]} cannot be read with ?${to}`;
}

/** What is wrong with the parameters of a built-in that are written out. */
function parameterFault(
  { name, of, parameters }: BuiltInExpression,
  known: Kinds,
): string | undefined {
  const text = literalText(parameters[0]);
  switch (name) {
    case "string": {
      const kind = kindOf(of, known);
      const isFormat = text === undefined || (kind !== "date" && isNumberFormat(text)) ||
        (kind !== "number" && isDateFormat(text));
      if (parameters.length === 1 && !isFormat) return "This format is not known";
      if (parameters.length === 2) {
        return canBe(of, ["boolean"], known)
          ? undefined
          : "?string with two texts needs true or false before it";
      }
      if (parameters.length !== 1) return undefined;
      if (kind === "boolean") return "true or false needs two texts: ?string('yes', 'no')";
      if (kind === "string") return "A text has no format";
      return canBe(of, ["number", "date"], known)
        ? undefined
        : "Only numbers and dates have a format";
    }
    case "date":
    case "time":
    case "datetime":
      if (text !== undefined && !isDateFormat(text)) return "This format is not known";
      return conversionFault(name, momentKindOf(of));
    case "left_pad":
    case "right_pad":
    case "substring": {
      const kind = parameters[0] && kindOf(parameters[0], known);
      return kind === undefined || kind === "number"
        ? undefined
        : `?${name} needs a number, not ${WORDS[kind]}`;
    }
    case "sort_by":
      return parameters[0] === undefined || canBe(parameters[0], ["string", "list"], known)
        ? undefined
        : "?sort_by needs the name of a field";
    case "switch":
      return parameters.slice(0, -1).filter((_, index) => index % 2 === 0).map((part) =>
        compareFault({ kind: "compare", by: "==", left: of, right: part }, known)
      ).find((fault) => fault !== undefined);
    case "matches":
      return text === undefined || toProgram(text, literalText(parameters[1]) ?? "") !== undefined
        ? undefined
        : "This regular expression is not valid, or looks around or back";
    case "replace":
    case "split": {
      const flags = literalText(parameters[name === "replace" ? 2 : 1]) ?? "";
      const isRegex = text !== undefined && flags.includes("r");
      return !isRegex || toProgram(text, flags) !== undefined
        ? undefined
        : "This regular expression is not valid, or looks around or back";
    }
    case "url":
    case "url_path":
      return text === undefined || isUtf8(text) ? undefined : "Addresses are written in UTF-8 only";
    default:
      return undefined;
  }
}

function builtInFault(expression: BuiltInExpression, known: Kinds): string | undefined {
  const kind = kindOf(expression.of, known);
  const { on } = builtInOf(expression.name);
  if (kind !== undefined && on !== undefined && !on.includes(kind)) {
    return `?${expression.name} cannot be applied to ${WORDS[kind]}`;
  }
  if (on !== undefined && !canBe(expression.of, on, known)) {
    return `?${expression.name} cannot be applied to this`;
  }
  if (expression.name === "then" && !canBe(expression.of, ["boolean"], known)) {
    return "?then needs true or false before it";
  }
  return parameterFault(expression, known);
}

/** The known of comparisons that need numbers or dates. */
const ORDERS: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const ORDERED: ReadonlySet<Kind> = new Set(["number", "date"]);

function compareFault(
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

function arithmeticFault(
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

function needBoolean(expression: Expression, known: Kinds): string | undefined {
  if (canBe(expression, ["boolean"], known)) return undefined;
  const kind = kindOf(expression, known);
  return `${kind === undefined ? "This" : WORDS[kind]} is not true or false`;
}

function needNumber(expression: Expression, known: Kinds): string | undefined {
  if (canBe(expression, ["number"], known)) return undefined;
  const kind = kindOf(expression, known);
  return `${kind === undefined ? "This" : WORDS[kind]} is no number`;
}

/**
 * What is wrong with an expression itself, whatever the values are; not with its parts.
 *
 * @param known what is known of its parts
 */
export function faultOf(expression: Expression, known: Kinds): string | undefined {
  switch (expression.kind) {
    case "built-in":
      return builtInFault(expression, known);
    case "compare":
      return compareFault(expression, known);
    case "arithmetic":
      return arithmeticFault(expression, known);
    case "not":
      return needBoolean(expression.of, known);
    case "and":
    case "or":
      return expression.operands.map((part) => needBoolean(part, known)).find((fault) =>
        fault !== undefined
      );
    case "sign": {
      return needNumber(expression.of, known);
    }
    case "field": {
      const kind = kindOf(expression.of, known);
      if (canBe(expression.of, ["hash"], known)) return undefined;
      return `${kind === undefined ? "This" : WORDS[kind]} has no fields`;
    }
    case "item":
    case "key": {
      const kind = kindOf(expression.of, known);
      if (canBe(expression.of, WITH_PARTS, known)) return undefined;
      return `${kind === undefined ? "This" : WORDS[kind]} has no parts`;
    }
    case "text":
      return expression.parts.map((part) => outputFault(part, known)).find((fault) =>
        fault !== undefined
      );
    default:
      return undefined;
  }
}

function outputFault(expression: Expression, known: Kinds): string | undefined {
  const kind = kindOf(expression, known);
  if (kind === "boolean" && !known.booleansHaveText) {
    return "true or false has no text: write ?c, or ?string('yes', 'no')";
  }
  if (kind === "list" || kind === "hash") return `${WORDS[kind]} has no text`;
  const isMatch = expression.kind === "built-in" && expression.name === "matches";
  const kinds = known.booleansHaveText ? [...WITH_TEXT, "boolean" as const] : WITH_TEXT;
  return isMatch || !canBe(expression, kinds, known) ? "This has no text" : undefined;
}

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

const LAZY: ReadonlySet<string> = new Set([
  "has_content",
  "exists",
  "if_exists",
  "default",
]);

/** Whether a part that is needed has no value, such as `1 / 0`. */
function failsAlways(expression: Expression): boolean {
  if (!isConstant(expression)) return neededParts(expression).some(failsAlways);
  try {
    const env = newEnvironment(new Map(), false, () => undefined, () => undefined);
    return evaluate(expression, { env, items: new Map(), locals: undefined }, true) === undefined;
  } catch (stopped) {
    if (stopped instanceof TemplateStopped) return true;
    throw stopped;
  }
}

/** Whether an expression has no value outside a `[#recover]`, since it needs `.error`. */
export function needsError(expression: Expression): boolean {
  return (expression.kind === "special" && expression.name === "error") ||
    neededParts(expression).some(needsError);
}

function partFault(expression: Expression, known: Kinds): string | undefined {
  const fault = faultOf(expression, known);
  if (fault !== undefined) return fault;
  for (const part of partsOf(expression)) {
    const inner = partFault(part, known);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function listFault(expression: Expression, known: Kinds): string | undefined {
  if (canBe(expression, ["list", "hash"], known)) return undefined;
  const kind = kindOf(expression, known);
  return `${kind === undefined ? "This" : WORDS[kind]} is no list`;
}

const FAULTS = {
  value: () => undefined,
  condition: needBoolean,
  output: outputFault,
  list: listFault,
} as const;

/**
 * What the template does with an expression's value: show it (`output`), test it (`condition`), loop over it (`list`),
 * or something else (`value`).
 */
export type Needed = keyof typeof FAULTS;

/**
 * Why an expression's value is of no use to the template, whatever the values are.
 *
 * @param known what is known of its parts
 */
export function neededFault(
  expression: Expression,
  needed: Needed,
  known: Kinds,
): string | undefined {
  return FAULTS[needed](expression, known);
}

/**
 * Checks an expression without values. It is refused when it must fail whatever the values are, such as a list that is
 * shown as text.
 *
 * @param needed what the template does with its value
 * @param known what is known of its parts
 * @param at the offset in the template that a fault known, in UTF-16 units
 */
export function checkExpression(
  expression: Expression,
  needed: Needed,
  at: number,
  known: Kinds,
): Result<undefined, FaultAt> {
  const fault = partFault(expression, known) ?? neededFault(expression, needed, known) ??
    (failsAlways(expression) ? "This has no value, whatever the message's values are" : undefined);
  return fault === undefined ? ok(undefined) : faultAt("expression-not-valid", at, fault);
}
