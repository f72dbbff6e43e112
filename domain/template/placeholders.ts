import { type Expression, partsOf } from "./freemarker/expression.ts";
import { normalisedName } from "./normalised_name.ts";
import type { Placeholder, Segment } from "./segments.ts";

export type { Placeholder, Segment } from "./segments.ts";

const PLACEHOLDER = /\(\(([^()]+)\)\)/g;
const CONDITION = "??";
const NO_ITEMS: ReadonlySet<string> = new Set();

/** The most placeholders in a template's body; each counts as often as it stands there. A body with more is refused. */
export const MAX_PLACEHOLDERS = 20_000;

/** Whether a text has `((` more than {@link MAX_PLACEHOLDERS} times. It stops reading at the first one too many. */
export function hasTooManyPlaceholders(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf("(("); at !== -1; at = text.indexOf("((", at + 2)) {
    if (++count > MAX_PLACEHOLDERS) return true;
  }
  return false;
}

function toPlaceholder(body: string): Placeholder {
  const conditionAt = body.indexOf(CONDITION);
  const name = conditionAt === -1 ? body : body.slice(0, conditionAt);
  return {
    kind: "placeholder",
    name,
    key: normalisedName(name),
    conditionalText: conditionAt === -1 ? undefined : body.slice(conditionAt + CONDITION.length),
  };
}

/**
 * Splits text at its placeholders: two brackets, one or more characters other than brackets, two brackets. Further brackets
 * outside are text, as in GOV.UK Notify.
 */
export function parseSegments(text: string): readonly (string | Placeholder)[] {
  const segments: (string | Placeholder)[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) segments.push(text.slice(end, match.index));
    segments.push(toPlaceholder(match[1] ?? ""));
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push(text.slice(end));
  return segments;
}

/** Adds the names of the values that an expression uses. `items` are the items of the enclosing loops, not values. */
function addVariables(
  expression: Expression,
  items: ReadonlySet<string>,
  names: Map<string, string>,
): void {
  if (expression.kind === "variable" && !items.has(expression.name)) {
    names.set(expression.name, expression.name);
  }
  for (const part of partsOf(expression)) addVariables(part, items, names);
}

function addNames(
  segments: readonly Segment[],
  items: ReadonlySet<string>,
  names: Map<string, string>,
): void {
  for (const segment of segments) {
    if (typeof segment === "string") continue;
    switch (segment.kind) {
      case "placeholder":
        if (!names.has(segment.key)) names.set(segment.key, segment.name);
        break;
      case "output":
        addVariables(segment.expression, items, names);
        break;
      case "branch":
        for (const { condition, then } of segment.arms) {
          addVariables(condition, items, names);
          addNames(then, items, names);
        }
        addNames(segment.otherwise, items, names);
        break;
      case "loop":
        addVariables(segment.list, items, names);
        addNames(segment.body, new Set([...items, segment.item]), names);
        addNames(segment.otherwise, items, names);
        break;
    }
  }
}

/**
 * Returns the placeholder names in order of first use, in their first spelling, each normalised name once. Includes names
 * that occur only in conditions or in branches.
 */
export function placeholderNames(...fields: readonly (readonly Segment[])[]): readonly string[] {
  const names = new Map<string, string>();
  for (const segments of fields) addNames(segments, NO_ITEMS, names);
  return [...names.values()];
}
