import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** A text file of the project. */
export interface SourceFile {
  /** Path from the project's root, with `/` as separator. */
  readonly path: string;
  readonly text: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Folders that hold output, data or other people's files. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set([
  ".data",
  ".git",
  ".wrangler",
  "coverage",
  "dist",
  "node_modules",
  "vectors",
]);

/** Reads every file of the project that has one of the extensions (with dot; `""`: none), sorted by path. */
export function readSourceFiles(extensions: readonly string[]): readonly SourceFile[] {
  return listFiles("")
    .filter((path) => extensions.includes(extname(path)))
    .sort()
    .map((path) => ({ path, text: readFileSync(ROOT + path, "utf-8") }));
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = folder + entry.name;
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    return SKIPPED_FOLDERS.has(entry.name) ? [] : listFiles(`${path}/`);
  });
}
