import { removeControlCharacters } from "./pasted_text.ts";

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function cleanValue(value: unknown): unknown {
  if (typeof value === "string") return removeControlCharacters(value);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const cleaned = items.map((item) => cleanValue(item));
    return cleaned.every((item, at) => item === items[at]) ? items : cleaned;
  }
  // A file's content is not text.
  return isFields(value) && !("file" in value) ? cleanValues(value) : value;
}

/**
 * Removes control characters (see `findControlCharacter`) from the texts among the values of a message, at any depth.
 * Files are left as they are.
 *
 * @param values the values by name, from JSON, whose depth is limited where it is parsed
 * @returns the same object when there is nothing to remove
 */
export function cleanValues(values: Fields): Fields {
  const entries = Object.entries(values);
  const cleaned = entries.map(([name, value]) => [name, cleanValue(value)] as const);
  return cleaned.every(([, value], at) => value === entries[at]?.[1])
    ? values
    : Object.fromEntries(cleaned);
}
