import { nameKey, type Template } from "./template.ts";

/**
 * Returns the names of a template's placeholders that only decide whether a text is shown, as `late` in
 * `((late??You are late))`. Their values are `yes` or `no`.
 */
export function conditionNames(template: Template): ReadonlySet<string> {
  const shown = new Set<string>();
  for (const segment of [...template.subject, ...template.body]) {
    if (typeof segment === "string") continue;
    if (segment.kind !== "placeholder") return new Set();
    if (segment.conditionalText === undefined) shown.add(segment.key);
  }
  return new Set(template.placeholders.filter((name) => !shown.has(nameKey(template, name))));
}
