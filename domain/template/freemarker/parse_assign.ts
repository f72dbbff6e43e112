/** Parses `[#assign]`, `[#global]` and `[#local]`. */
import type { Assign, AssignScope, Segment } from "../segments.ts";
import { type Operator, toNumber } from "./decimal.ts";
import type { Expression } from "./expression.ts";
import type { DirectiveTag } from "./lex.ts";
import {
  type Context,
  expressionAt,
  inside,
  invalid,
  misplaced,
  needClose,
  type ParseAll,
  type Parser,
  refuseAt,
} from "./parser.ts";

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["+=", "+"],
  ["-=", "-"],
  ["*=", "*"],
  ["/=", "/"],
  ["%=", "%"],
  ["++", "+"],
  ["--", "-"],
]);
const ONE: Expression = { kind: "literal", value: toNumber(1) };

function scopeOf({ directive }: DirectiveTag): AssignScope {
  return directive === "global" || directive === "local" ? directive : "assign";
}

/**
 * Parses `[#assign a = 1 b += 2]` to a segment for each variable, or `[#assign a]…[/#assign]` to one that stores the
 * text of its body; `[#global]` and `[#local]` alike.
 *
 * @throws {Refused}
 */
export function parseAssign(
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
): readonly Segment[] {
  const scope = scopeOf(tag);
  if (scope === "local" && context.inside === "template") misplaced(tag);
  const { tokens } = tag;
  const assigned: Assign[] = [];
  for (let at = 0; tokens[at]?.kind !== "end";) {
    const [name, mark] = tokens.slice(at, at + 2);
    if (name?.kind !== "name" && name?.kind !== "string") {
      invalid(tag, `A value is written [#${tag.directive} name = value]`);
    }
    parser.bound.add(name.text);
    parser.assigned.add(name.text);
    if (mark?.kind === "end" && assigned.length === 0) {
      const body = inside(parser, tag, () => parseAll(parser, { ...context, breaks: "none" }));
      needClose(parser, tag, tag.directive);
      parser.begun.add(name.text);
      return [{ kind: "capture", scope, name: name.text, body, isEscaped: context.isEscaping }];
    }
    const by = OPERATORS.get(mark?.text ?? "");
    const written = tag.written;
    if (by === undefined) parser.begun.add(name.text);
    else parser.changed.push({ name: name.text, at: tag.at });
    if (mark?.text === "++" || mark?.text === "--") {
      assigned.push({ kind: "assign", scope, name: name.text, by, value: ONE, written });
      at += 2;
    } else {
      if (mark?.text !== "==" && by === undefined) {
        invalid(tag, `A value is written [#${tag.directive} name = value]`);
      }
      const { expression, next } = expressionAt(parser, context, tag, at + 2, true);
      assigned.push({ kind: "assign", scope, name: name.text, by, value: expression, written });
      at = next;
    }
    if (tokens[at]?.text === ",") at++;
  }
  if (assigned.length === 0) invalid(tag, `A value is written [#${tag.directive} name = value]`);
  return assigned;
}

/**
 * Checks that each variable that the template changes, as `[#assign n += 1]` does, also gets a first value somewhere in
 * the template, or is a parameter of a macro or function.
 *
 * @throws {Refused}
 */
export function checkChanges({ changed, begun, definitions }: Parser): void {
  const parameters = new Set(definitions.flatMap((one) => one.parameters.map(({ name }) => name)));
  for (const { name, at } of changed) {
    if (begun.has(name) || parameters.has(name)) continue;
    refuseAt(
      "expression-not-valid",
      at,
      `${name.slice(0, 40)} has no value to change: assign one first`,
    );
  }
}
