/** Writes the files of a build into a folder, over those of an earlier build and over no others. */
import { dirname, join } from "node:path";

/** The file of checksums. It also says which files of its folder a build has made. */
const SUMS_FILE = "SHA256SUMS";
const LINE = /^([0-9a-f]{64}) {2}(.+)$/gm;

/** Says that a folder holds files of others where the build would write its own. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/**
 * Writes files with a `SHA256SUMS` for `sha256sum --check`. It deletes nothing, and writes over a file only when the
 * folder's `SHA256SUMS` says that a build made it. All other files stay.
 *
 * @param files the texts by their paths in the folder
 * @returns the checksums by path
 * @throws FolderInUse when anything else stands where a file of the build belongs; nothing is written then
 */
export async function writeBuild(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const earlier = await readSums(folder);
  // A file of checksums without any file of this build is another project's.
  const isOwn = earlier.keys().some((path) => files.has(path));
  const ownPaths = new Set(isOwn ? [...earlier.keys(), SUMS_FILE] : []);
  await requireFree(folder, [...files.keys(), SUMS_FILE], ownPaths);
  const sums = new Map<string, string>();
  for (const [path, text] of files) sums.set(path, await sha256(text));
  for (const [path, sum] of earlier) {
    if (!sums.has(path) && await find(join(folder, path)) !== undefined) sums.set(path, sum);
  }
  await Deno.mkdir(folder, { recursive: true });
  // First: the next build recognises the files also when this one is interrupted.
  const lines = Array.from(sums, ([path, sum]) => `${sum}  ${path}\n`);
  await Deno.writeTextFile(join(folder, SUMS_FILE), lines.join(""));
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  return sums;
}

/** The checksums of the files that an earlier build has made. */
async function readSums(folder: string): Promise<ReadonlyMap<string, string>> {
  const info = await find(join(folder, SUMS_FILE));
  const text = info?.isFile === true ? await Deno.readTextFile(join(folder, SUMS_FILE)) : "";
  return new Map([...text.matchAll(LINE)].map(([, sum = "", path = ""]) => [path, sum]));
}

async function requireFree(
  folder: string,
  paths: readonly string[],
  ownPaths: ReadonlySet<string>,
): Promise<void> {
  const obstacles = new Set<string>();
  for (const path of paths) {
    const obstacle = await findObstacle(folder, path, ownPaths);
    if (obstacle !== undefined) obstacles.add(obstacle);
  }
  if (obstacles.size === 0) return;
  throw new FolderInUse(
    `${SUMS_FILE} names none of these as made by a build, and they would be overwritten. Move them away, or choose ` +
      `another folder with --out:\n${[...obstacles].join("\n")}`,
  );
}

/** Finds what stands in the way of a file: a file that no build has made, or a file in the place of a folder. */
async function findObstacle(
  folder: string,
  path: string,
  ownPaths: ReadonlySet<string>,
): Promise<string | undefined> {
  const names = path.split("/");
  const parents = names.map((_, depth) => join(folder, ...names.slice(0, depth)));
  for (const parent of parents) {
    const info = await find(parent, Deno.stat);
    if (info === undefined) return undefined;
    if (!info.isDirectory) return parent;
  }
  const info = await find(join(folder, path));
  return info === undefined || info.isFile && ownPaths.has(path) ? undefined : join(folder, path);
}

/** Describes a file; a link is not followed by default, since it may lead to a file of others. */
async function find(path: string, look = Deno.lstat): Promise<Deno.FileInfo | undefined> {
  try {
    return await look(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex();
}
