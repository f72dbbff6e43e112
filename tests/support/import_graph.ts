import { posix } from "node:path";
import { readSourceFiles, type SourceFile } from "./source_files.ts";

/** One import or re-export of a module. */
export interface ImportEdge {
  /** Path of the importing file, from the project's root. */
  readonly from: string;
  /** Path of the imported file, from the project's root. */
  readonly to: string;
  /** The imported names; `*` for all. Empty where the module is imported for its effects. */
  readonly names: readonly string[];
}

/** A statement that imports or re-exports: its clause and its specifier. Dynamic imports have no clause. */
const STATEMENT =
  /^(?:import|export)\s+(?:type\s+)?((?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+))\s+from\s+["']([^"']+)["']|^import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** All imports between files of the project, type imports included. */
export function readImports(files: readonly SourceFile[]): readonly ImportEdge[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(STATEMENT)].flatMap(([, clause, from, effect, dynamic]) => {
      const specifier = from ?? effect ?? dynamic ?? "";
      if (!specifier.startsWith(".")) return [];
      const to = posix.join(posix.dirname(path), specifier);
      return [{ from: path, to, names: dynamic === undefined ? toNames(clause ?? "") : ["*"] }];
    })
  );
}

/** The modules of the project: `tests/` and data excluded. */
export function readModules(): readonly SourceFile[] {
  return readSourceFiles([".ts", ".tsx", ".js"]).filter(({ path }) => !path.startsWith("tests/"));
}

/**
 * Finds groups of files that import each other, directly or through others.
 *
 * @returns for each group one shortest circle, from its first file by name and back to it
 */
export function findCircles(edges: readonly ImportEdge[]): readonly (readonly string[])[] {
  const targets = toLinks(edges.map(({ from, to }) => [from, to]));
  const importers = toLinks(edges.map(({ from, to }) => [to, from]));
  const covered = new Set<string>();
  const circles: (readonly string[])[] = [];
  for (const start of [...targets.keys()].sort()) {
    if (covered.has(start)) continue;
    const circle = findPathBack(start, targets);
    if (circle === undefined) continue;
    const reached = reachFrom(start, targets);
    for (const file of reachFrom(start, importers)) if (reached.has(file)) covered.add(file);
    circles.push(circle);
  }
  return circles;
}

type Links = ReadonlyMap<string, readonly string[]>;

function toLinks(pairs: readonly (readonly [string, string])[]): Links {
  const links = new Map<string, string[]>();
  for (const [from, to] of pairs) links.set(from, [...links.get(from) ?? [], to]);
  return links;
}

/** All files that `start` leads to. */
function reachFrom(start: string, links: Links): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [start];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const target of links.get(file) ?? []) {
      if (reached.has(target)) continue;
      reached.add(target);
      open.push(target);
    }
  }
  return reached;
}

/** The shortest path from `start` back to itself, by breadth-first search. */
function findPathBack(start: string, targets: Links): readonly string[] | undefined {
  const paths: (readonly string[])[] = [[start]];
  const visited = new Set<string>();
  for (let next = paths.shift(); next !== undefined; next = paths.shift()) {
    for (const target of targets.get(next[next.length - 1] ?? "") ?? []) {
      if (target === start) return [...next, start];
      if (visited.has(target)) continue;
      visited.add(target);
      paths.push([...next, target]);
    }
  }
  return undefined;
}

function toNames(clause: string): readonly string[] {
  const [, byDefault, named] = /^([\w$]+)?[\s,]*(\{[^}]*\}|\*.*)?$/.exec(clause.trim()) ?? [];
  const names = named === undefined
    ? []
    : named.startsWith("*")
    ? ["*"]
    : named.replaceAll(/[{}]/g, "").split(",").map(toImportedName).filter((name) => name !== "");
  return byDefault === undefined ? names : ["default", ...names];
}

/** `type A as B` imports `A`. */
function toImportedName(element: string): string {
  return element.trim().replace(/^type\s+/, "").replace(/\s+as\s+.*$/, "");
}
