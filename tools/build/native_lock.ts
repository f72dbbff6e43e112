/** The part of `deno.lock` that the build needs: libSQL's native addon with what it depends on. */
import * as z from "zod/mini";

const Names = z.optional(z.array(z.string()));
const Lock = z.object({
  version: z.string(),
  npm: z.record(
    z.string(),
    z.looseObject({ dependencies: Names, optionalDependencies: Names }),
  ),
});

/**
 * Returns the text of a lock file with one package and all that it depends on.
 *
 * @param text the lock file of the source code
 * @param name the package's name
 * @param version its exact version
 * @throws when the lock file does not have it
 */
export function lockOf(text: string, name: string, version: string): string {
  const lock = Lock.parse(JSON.parse(text));
  const keys = new Set([`${name}@${version}`]);
  for (const key of keys) {
    const entry = lock.npm[key];
    if (entry === undefined) throw new Error(`deno.lock does not have ${key}`);
    for (const needed of [...entry.dependencies ?? [], ...entry.optionalDependencies ?? []]) {
      keys.add(keyOf(needed, Object.keys(lock.npm)));
    }
  }
  const specifier = `npm:${name}@${version}`;
  return toText({
    version: lock.version,
    specifiers: { [specifier]: version },
    npm: Object.fromEntries([...keys].toSorted().map((key) => [key, lock.npm[key]])),
    workspace: { dependencies: [specifier] },
  });
}

/** A dependency is written without its version where the lock file has only one of that package. */
function keyOf(needed: string, keys: readonly string[]): string {
  return keys.find((key) => key === needed || key.replace(/(?<=.)@.*$/, "") === needed) ?? needed;
}

function toText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
