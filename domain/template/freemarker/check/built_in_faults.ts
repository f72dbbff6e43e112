/** Finds built-ins that must fail, whatever the values are. */
import { kindsTakenBy } from "../built_ins.ts";
import { isUtf8 } from "../escape_built_ins.ts";
import type { Expression } from "../expression.ts";
import { canBe, kindOf, type Kinds } from "../kinds.ts";
import { isDateFormat } from "../moments.ts";
import { isNumberFormat } from "../number_format.ts";
import { toProgram } from "../regex.ts";
import type { MomentKind } from "../values.ts";
import { WORDS } from "./needs.ts";
import { compareFault, momentKindOf } from "./operator_faults.ts";

type BuiltInExpression = Extract<Expression, { readonly kind: "built-in" }>;

function literalText(expression: Expression | undefined): string | undefined {
  return expression?.kind === "literal" && typeof expression.value === "string"
    ? expression.value
    : undefined;
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

/** What is wrong with a built-in, its value or its parameters. */
export function builtInFault(expression: BuiltInExpression, known: Kinds): string | undefined {
  const kind = kindOf(expression.of, known);
  const on = kindsTakenBy(expression.name, known.booleansHaveText);
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
