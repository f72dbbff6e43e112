/** Finds values that are of no use to the template, whatever the message's values are. */
import type { Kind } from "../built_in.ts";
import type { Expression } from "../expression.ts";
import { canBe, kindOf, type Kinds } from "../kinds.ts";

/** The kinds that have a text. */
export const TEXT_KINDS: readonly Kind[] = ["string", "number", "date"];

/** What kinds are called in refusals. */
export const WORDS: Readonly<Record<Kind, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  date: "a date",
  list: "a list",
  hash: "an object",
};

/** Why an expression is no condition. */
export function needBoolean(expression: Expression, known: Kinds): string | undefined {
  if (canBe(expression, ["boolean"], known)) return undefined;
  const kind = kindOf(expression, known);
  return `${kind === undefined ? "This" : WORDS[kind]} is not true or false`;
}

/** Why an expression is no number. */
export function needNumber(expression: Expression, known: Kinds): string | undefined {
  if (canBe(expression, ["number"], known)) return undefined;
  const kind = kindOf(expression, known);
  return `${kind === undefined ? "This" : WORDS[kind]} is no number`;
}

/** Why an expression has no text. */
export function outputFault(expression: Expression, known: Kinds): string | undefined {
  const kind = kindOf(expression, known);
  if (kind === "boolean" && !known.booleansHaveText) {
    return "true or false has no text: write ?c, or ?string('yes', 'no')";
  }
  if (kind === "list" || kind === "hash") return `${WORDS[kind]} has no text`;
  const isMatch = expression.kind === "built-in" && expression.name === "matches";
  const kinds = known.booleansHaveText ? [...TEXT_KINDS, "boolean" as const] : TEXT_KINDS;
  return isMatch || !canBe(expression, kinds, known) ? "This has no text" : undefined;
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
  keys: listFault,
} as const;

/**
 * What the template does with an expression's value: show it (`output`), test it (`condition`), loop over its items
 * (`list`) or keys (`keys`), or something else (`value`).
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
