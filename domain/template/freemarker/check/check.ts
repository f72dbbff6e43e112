/** Finds what must fail in an expression, whatever the values are: such a template is not published. */
import { ok, type Result } from "../../../result.ts";
import type { Kind } from "../built_in.ts";
import { type Expression, partsOf } from "../expression.ts";
import { type FaultAt, faultAt } from "../fault.ts";
import { canBe, kindOf, type Kinds } from "../kinds.ts";
import type { Environment } from "../scope.ts";
import { builtInFault } from "./built_in_faults.ts";
import { failsAlways } from "./needed_parts.ts";
import { needBoolean, type Needed, neededFault, needNumber, outputFault, WORDS } from "./needs.ts";
import { arithmeticFault, compareFault } from "./operator_faults.ts";

/** Kinds that `value[key]` reads a part of. */
const WITH_PARTS: readonly Kind[] = ["string", "list", "hash"];

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

function partFault(expression: Expression, known: Kinds): string | undefined {
  const fault = faultOf(expression, known);
  if (fault !== undefined) return fault;
  for (const part of partsOf(expression)) {
    const inner = partFault(part, known);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/**
 * Checks an expression without values. It is refused when it must fail whatever the values are, such as a list that is
 * shown as text.
 *
 * @param needed what the template does with its value
 * @param known what is known of its parts
 * @param at the offset in the template that a fault names, in UTF-16 units
 * @param constants in which constants are evaluated: one for the whole template
 */
export function checkExpression(
  expression: Expression,
  needed: Needed,
  at: number,
  known: Kinds,
  constants: Environment,
): Result<undefined, FaultAt> {
  const fault = partFault(expression, known) ?? neededFault(expression, needed, known) ??
    (failsAlways(expression, constants)
      ? "This has no value, whatever the message's values are"
      : undefined);
  return fault === undefined ? ok(undefined) : faultAt("expression-not-valid", at, fault);
}
