import { type Expression, partsOf } from "./freemarker/expression.ts";
import { normalisedName } from "./normalised_name.ts";
import type { Placeholder, Segment } from "./segments.ts";

export type { Placeholder, Segment } from "./segments.ts";

const PLACEHOLDER = /\(\(([^()]+)\)\)/g;
const CONDITION = "??";
const NO_ITEMS: ReadonlySet<string> = new Set();

function toPlaceholder(body: string): Placeholder {
  const cut = body.indexOf(CONDITION);
  const name = cut === -1 ? body : body.slice(0, cut);
  return {
    kind: "placeholder",
    name,
    key: normalisedName(name),
    conditionalText: cut === -1 ? undefined : body.slice(cut + CONDITION.length),
  };
}

/**
 * Cuts text at its placeholders: two brackets, one or more characters other than brackets, two brackets. Further brackets
 * outside stay text. (facts/notify.md 4.1)
 */
export function parseSegments(text: string): readonly (string | Placeholder)[] {
  const segments: (string | Placeholder)[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > from) segments.push(text.slice(from, match.index));
    segments.push(toPlaceholder(match[1] ?? ""));
    from = match.index + match[0].length;
  }
  if (from < text.length) segments.push(text.slice(from));
  return segments;
}

/** Notes the names of values that an expression looks at; `items` are those of the loops round it, and no values' names. */
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
 * The names in order of first use, each once (names that compare equal are one), in their first spelling. Those that only a
 * condition or a part that is not shown looks at are among them.
 */
export function placeholderNames(...fields: readonly (readonly Segment[])[]): readonly string[] {
  const names = new Map<string, string>();
  for (const segments of fields) addNames(segments, NO_ITEMS, names);
  return [...names.values()];
}
