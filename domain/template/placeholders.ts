import { type Expression, partsOf } from "./freemarker/expression.ts";
import { contentOf } from "./freemarker/content.ts";
import { normalisedName } from "./normalised_name.ts";
import type { Placeholder, Segment } from "./segments.ts";

export type { Placeholder, Segment } from "./segments.ts";

const PLACEHOLDER = /\(\(([^()]+)\)\)/g;
const CONDITION = "??";

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

/** Names that the template itself defines, in a part of it and in the parts around that. */
interface Known {
  readonly names: Set<string>;
  readonly outer: Known | undefined;
}

function isKnown(name: string, known: Known | undefined): boolean {
  for (let scope = known; scope !== undefined; scope = scope.outer) {
    if (scope.names.has(name)) return true;
  }
  return false;
}

function within(outer: Known, names: readonly string[]): Known {
  return names.length === 0 ? outer : { names: new Set(names), outer };
}

/** Adds the names of the values that an expression uses. */
function addVariables(expression: Expression, known: Known, names: Map<string, string>): void {
  if (expression.kind === "variable" && !isKnown(expression.name, known)) {
    names.set(expression.name, expression.name);
  }
  if (expression.kind === "escaped") {
    addVariables(expression.of, known, names);
    addVariables(expression.by, within(known, [expression.name]), names);
    return;
  }
  const inner = expression.kind === "lambda" ? within(known, [expression.name]) : known;
  for (const part of partsOf(expression)) addVariables(part, inner, names);
}

/** Adds the names of several parts of a template; a name that one of them assigns is known in those after it. */
function addNames(segments: readonly Segment[], outer: Known, names: Map<string, string>): void {
  const known: Known = { names: new Set(), outer };
  for (const segment of segments) {
    if (typeof segment !== "string" && segment.kind === "definition") known.names.add(segment.name);
  }
  for (const segment of segments) {
    if (typeof segment === "string") continue;
    if (segment.kind === "placeholder") {
      if (!names.has(segment.key)) names.set(segment.key, segment.name);
      continue;
    }
    const { expressions, parts } = contentOf(segment);
    for (const expression of expressions) addVariables(expression, known, names);
    for (const part of parts) addNames(part.segments, within(known, part.names), names);
    if (segment.kind === "assign" || segment.kind === "capture") known.names.add(segment.name);
  }
}

/**
 * Returns the placeholder names in order of first use, in their first spelling, each normalised name once. Includes names
 * that occur only in conditions or in branches.
 */
export function placeholderNames(...fields: readonly (readonly Segment[])[]): readonly string[] {
  const names = new Map<string, string>();
  for (const segments of fields) addNames(segments, { names: new Set(), outer: undefined }, names);
  return [...names.values()];
}
