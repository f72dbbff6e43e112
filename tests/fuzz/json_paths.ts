/** Places in a JSON value, and changes at them. */
import { isJsonObject } from "../../domain/json/json_object.ts";

/** Stands for a JSON text that is put in place of a value when the whole is written. */
const HOLE = "\ue000hole\ue000";

/** The keys that lead from the root to a value. */
export type Path = readonly (string | number)[];

/** The paths of all values in a JSON value, the root first. At most 2,000, so that large bodies stay quick. */
export function pathsOf(root: unknown): readonly Path[] {
  const paths: Path[] = [[]];
  const values: unknown[] = [root];
  for (let at = 0; at < values.length && values.length < 2_000; at += 1) {
    const value = values[at];
    const path = paths[at] ?? [];
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
      ? [...value.entries()]
      : isJsonObject(value)
      ? Object.entries(value)
      : [];
    for (const [key, item] of entries) {
      paths.push([...path, key]);
      values.push(item);
    }
  }
  return paths;
}

/** A copy in which the value at the path is replaced; `undefined` removes it. */
export function replaceAt(root: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  if (Array.isArray(root)) {
    const changed = root.map((item, at) => at === key ? replaceAt(item, rest, replacement) : item);
    return changed.filter((item) => item !== undefined);
  }
  if (!isJsonObject(root)) return root;
  return { ...root, [key]: replaceAt(root[String(key)], rest, replacement) };
}

/** The JSON text of a value in which another JSON text, valid or not, stands at the path. */
export function putJsonText(root: unknown, path: Path, text: string): string {
  return (JSON.stringify(replaceAt(root, path, HOLE)) ?? "").replace(`"${HOLE}"`, () => text);
}
