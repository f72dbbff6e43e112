import { removeControlCharacters } from "./pasted_text.ts";

/** How deep values are cleaned. The JSON of a request is no deeper. */
const MAX_DEPTH = 50;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return removeControlCharacters(value);
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const cleaned = items.map((item) => cleanValue(item, depth + 1));
    return cleaned.every((item, at) => item === items[at]) ? items : cleaned;
  }
  // A file's content is not text.
  return isFields(value) && !("file" in value) ? cleanFields(value, depth) : value;
}

function cleanFields(fields: Fields, depth: number): Fields {
  const entries = Object.entries(fields);
  const cleaned = entries.map(([name, value]) => [name, cleanValue(value, depth + 1)] as const);
  return cleaned.every(([, value], at) => value === entries[at]?.[1])
    ? fields
    : Object.fromEntries(cleaned);
}

/**
 * Removes control characters (see `findControlCharacter`) from the texts among the values of a message, at any depth.
 * Files are left as they are.
 *
 * @param values the values by name, from JSON
 * @returns the same object when there is nothing to remove
 */
export function cleanValues(values: Fields): Fields {
  return cleanFields(values, 0);
}
