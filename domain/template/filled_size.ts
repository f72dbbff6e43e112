/** How much a template and its values come to, told before anything is put together. */
import type { Personalisation, Values } from "./fill.ts";
import { expand } from "./freemarker/expand.ts";
import { MAX_FILLED_CHARACTERS, TemplateStopped } from "./freemarker/limits.ts";
import { toText } from "../python_compat/text.ts";
import type { Placeholder, Segment } from "./segments.ts";
import { nameKey, type Template, valuesOf } from "./template.ts";

/** `((`, `??` and `))`. */
const BRACKETS = 6;
/** A line break, `*` and a blank. */
const BULLET = 3;

/**
 * The most that subject and body can come to with the values put in, in UTF-16 units. Takes time in
 * proportion to the template and the values, however often the template names a value.
 *
 * A FreeMarker template that goes past its limits comes to more than {@link MAX_FILLED_CHARACTERS}: filling it would throw.
 */
export function filledSize(template: Template, personalisation: Personalisation): number {
  const values = valuesOf(template, personalisation, false);
  const parts = [...template.subject, ...template.shortText, ...template.body];
  return plainSize(parts, values) ?? expandedSize(parts, values);
}

/** The least that {@link filledSize} gives of a template: its text outside of branches and loops, in UTF-16 units. */
export function fixedSize({ subject, shortText, body }: Template): number {
  return [...subject, ...shortText, ...body].reduce(
    (sum, part) => typeof part === "string" ? sum + part.length : sum,
    0,
  );
}

/** The size of what has nothing but text and `((name))` placeholders. */
function plainSize(parts: readonly Segment[], values: Values): number | undefined {
  const sizes = new Map<string, number>();
  const sizeOf = (segment: Placeholder): number => {
    // Without its value a placeholder stands as it was written.
    const written = segment.name.length + (segment.conditionalText?.length ?? 0) + BRACKETS;
    if (segment.conditionalText !== undefined) return written;
    const known = sizes.get(segment.key);
    if (known !== undefined) return known;
    const value = values.get(segment.key);
    const size = value === undefined || value === null ? written : valueSize(value);
    sizes.set(segment.key, size);
    return size;
  };
  let sum = 0;
  for (const part of parts) {
    if (typeof part === "string") sum += part.length;
    else if (part.kind === "placeholder") sum += sizeOf(part);
    else return undefined;
  }
  return sum;
}

function expandedSize(parts: readonly Segment[], values: Values): number {
  let size = 0;
  try {
    expand(parts, values, false, (text) => size += text.length);
    return size;
  } catch (stopped) {
    if (stopped instanceof TemplateStopped) return MAX_FILLED_CHARACTERS + 1;
    throw stopped;
  }
}

function valueSize(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) {
    return value.reduce((sum: number, item) => sum + valueSize(item) + BULLET, BULLET);
  }
  return toText(value).length;
}

/** The values that the template names, under the names that were given for them. */
export function usedPersonalisation(
  template: Template,
  personalisation: Personalisation,
): Personalisation {
  const used = new Set(template.placeholders.map((name) => nameKey(template, name)));
  return Object.fromEntries(
    Object.entries(personalisation).filter(([name]) => used.has(nameKey(template, name))),
  );
}
