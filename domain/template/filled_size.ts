/** How much a template and its values come to, told before anything is put together. */
import { keyValues, type Personalisation } from "./fill.ts";
import { insensitiveKey } from "./insensitive_key.ts";
import type { Segment } from "./placeholders.ts";
import { toText } from "./python_text.ts";
import type { Template } from "./template.ts";

/** `((`, `??` and `))`. */
const BRACKETS = 6;
/** A line break, `*` and a blank. */
const BULLET = 3;

/**
 * The most that subject and body can come to with the values put in, in UTF-16 units. Takes time in
 * proportion to the template and the values, however often the template names a value.
 */
export function filledSize(template: Template, personalisation: Personalisation): number {
  const values = keyValues(personalisation, false);
  const sizes = new Map<string, number>();
  const sizeOf = (segment: Segment): number => {
    if (typeof segment === "string") return segment.length;
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
  return [...template.subject, ...template.body].reduce((sum, segment) => sum + sizeOf(segment), 0);
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
  const used = new Set(template.placeholders.map(insensitiveKey));
  return Object.fromEntries(
    Object.entries(personalisation).filter(([name]) => used.has(insensitiveKey(name))),
  );
}
