/** Computes the size of a filled template without building its text. */
import type { Personalisation, Values } from "./fill.ts";
import type { TemplateEngine } from "./engine.ts";
import { MAX_FILLED_CHARACTERS, TemplateStopped } from "./freemarker/limits.ts";
import { toText } from "../python_compat/text.ts";
import type { Placeholder, Segment } from "./segments.ts";
import { nameKey, type Template, valuesOf } from "./template.ts";

/** `((`, `??` and `))`. */
const BRACKETS = 6;
/** A line break, `*` and a space. */
const BULLET = 3;

/**
 * Returns an upper bound of the size of subject and body with their values, in UTF-16 units. Takes time linear in the
 * template and the values, however often the template uses a value.
 *
 * For a FreeMarker template that exceeds its limits the size is above {@link MAX_FILLED_CHARACTERS}: filling it would throw.
 */
export function filledSize(template: Template, personalisation: Personalisation): number {
  const values = valuesOf(template, personalisation, false);
  const parts = [...template.subject, ...template.shortText, ...template.body];
  const { engine } = template;
  return engine === undefined ? plainSize(parts, values) : expandedSize(engine, parts, values);
}

/** Returns a lower bound of {@link filledSize}: the template's text outside branches and loops, in UTF-16 units. */
export function fixedSize({ subject, shortText, body }: Template): number {
  return [...subject, ...shortText, ...body].reduce(
    (sum, part) => typeof part === "string" ? sum + part.length : sum,
    0,
  );
}

/** The size of segments that are text and `((name))` placeholders. */
function plainSize(parts: readonly Segment[], values: Values): number {
  // Of values that are lists or objects: each is measured once, however often it is used.
  let sizes: Map<string, number> | undefined;
  const sizeOf = (segment: Placeholder): number => {
    // A placeholder without a value keeps its written form.
    const written = segment.name.length + (segment.conditionalText?.length ?? 0) + BRACKETS;
    if (segment.conditionalText !== undefined) return written;
    const value = values.get(segment.key);
    if (value === undefined || value === null) return written;
    if (typeof value === "string") return value.length;
    const known = sizes?.get(segment.key);
    if (known !== undefined) return known;
    const size = valueSize(value);
    sizes ??= new Map();
    sizes.set(segment.key, size);
    return size;
  };
  let sum = 0;
  for (const part of parts) {
    if (typeof part === "string") sum += part.length;
    else if (part.kind === "placeholder") sum += sizeOf(part);
  }
  return sum;
}

function expandedSize(
  engine: TemplateEngine,
  parts: readonly Segment[],
  values: Values,
): number {
  let size = 0;
  try {
    engine.expand(parts, values, false, (text) => size += text.length);
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

/**
 * Returns the values that the template uses, under the names that the caller gave them: only these need to be stored.
 */
export function usedPersonalisation(
  template: Template,
  personalisation: Personalisation,
): Personalisation {
  const used = new Set(template.placeholders.map((name) => nameKey(template, name)));
  return Object.fromEntries(
    Object.entries(personalisation).filter(([name]) => used.has(nameKey(template, name))),
  );
}
