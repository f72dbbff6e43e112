/** What a bundle with code splitting loads at its start, and what later. */
import { gzipSync } from "node:zlib";
import type { WorkerBundle } from "./workerd.ts";

/** A part of a bundle that an `import()` loads. */
export interface BundlePart {
  /** The path of the imported module; its name when parts share all of it. */
  readonly source: string;
  /** The names of the modules that it adds to those of the start. */
  readonly modules: readonly string[];
  /** Their size, compressed together. */
  readonly bytes: number;
}

/** A bundle by its parts. */
export interface BundleParts {
  /** The modules that the entry imports, itself included. */
  readonly first: BundlePart;
  /** In the order of their size, the largest first; parts may share modules. */
  readonly later: readonly BundlePart[];
  /** The size of all modules, compressed together. */
  readonly totalBytes: number;
}

const STATIC = /\b(?:from|import)\s*"\.\/([^"]+\.js)"/g;
const DYNAMIC = /\bimport\("\.\/([^"]+\.js)"\)/g;

/** Reads the parts of a bundle that was made with `--sourcemap external`. */
export function readBundleParts({ entry, modules }: WorkerBundle): BundleParts {
  const names = Object.keys(modules).filter((name) => name.endsWith(".js"));
  const textOf = (name: string) => modules[name] ?? "";
  // A text asset may have an `import()` of its own, for browsers.
  const namesIn = (name: string, pattern: RegExp) =>
    [...textOf(name).matchAll(pattern)].flatMap(([, found = ""]) =>
      names.includes(found) ? [found] : []
    );
  function closureOf(name: string, known: ReadonlySet<string> = new Set()): readonly string[] {
    const found = new Set([name]);
    for (const one of found) {
      for (const next of namesIn(one, STATIC)) if (!known.has(next)) found.add(next);
    }
    return [...found];
  }
  const toPart = (name: string, part: readonly string[]): BundlePart => ({
    source: sourceOf(name, modules[`${name}.map`] ?? ""),
    modules: part,
    bytes: compressed(part.map(textOf)),
  });
  const first = closureOf(entry);
  const roots = new Set(names.flatMap((name) => namesIn(name, DYNAMIC)));
  const later = [...roots].filter((name) => !first.includes(name))
    .map((name) => toPart(name, closureOf(name, new Set(first))));
  return {
    first: toPart(entry, first),
    later: later.toSorted((a, b) => b.bytes - a.bytes),
    totalBytes: compressed(names.map(textOf)),
  };
}

/** A bundler writes the module that it was asked for after those that it imports; nothing when parts share it. */
function sourceOf(name: string, map: string): string {
  const { sources }: { readonly sources: readonly string[] } = JSON.parse(map);
  return (sources.at(-1) ?? name.replace(/-[A-Z0-9]{8}\.js$/, ""))
    .replace(/^.*?\/(?=(?:adapters|domain|routes|runtime|application)\/)|^.*\/npm\/[^/]+\//, "");
}

function compressed(texts: readonly string[]): number {
  return gzipSync(texts.join("\n"), { level: 9 }).length;
}
