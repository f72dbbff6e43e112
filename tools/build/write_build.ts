/** Writes the files of a build into a folder, over those of an earlier build and over no others. */
import { dirname, join } from "node:path";

/** The file of checksums. It also says which files of its folder a build has made. */
const SUMS_FILE = "SHA256SUMS";
/** Every build has it: checksums that do not name it are another project's. */
const PROGRAM_FILE = "hark.js";
const LINE = /^([0-9a-f]{64}) {2}(.+)$/gm;
/** Ends the name under which a file is written before it is renamed. An interrupted build leaves one such file at most. */
const TEMPORARY = ".hark-build";

/** Says that a build cannot be written, why, and what to do. */
export class CannotWriteBuild extends Error {
  override readonly name = "CannotWriteBuild";
}

/**
 * Writes files with a `SHA256SUMS` for `sha256sum --check`. It writes over a file only when the folder's `SHA256SUMS`
 * says that a build made it, and follows no link below the folder. All other files stay, except a temporary file of an
 * interrupted build (`NAME.hark-build`), which it deletes when it writes `NAME`. Each file is replaced as a whole.
 *
 * @param files the texts by their paths in the folder, with `hark.js` among them
 * @param executables the paths of the files that can be executed
 * @returns the checksums by path
 * @throws CannotWriteBuild when anything else stands where a file of the build belongs (nothing is written then), or the
 *   system refuses to read or to write a file
 */
export async function writeBuild(
  folder: string,
  files: ReadonlyMap<string, string>,
  executables: readonly string[] = [],
): Promise<ReadonlyMap<string, string>> {
  const earlier = await readSums(folder);
  const isOwn = earlier.has(PROGRAM_FILE);
  const ownPaths = new Set(isOwn ? [...earlier.keys(), SUMS_FILE] : []);
  await requireFree(folder, [...files.keys(), SUMS_FILE], ownPaths);
  const sums = new Map<string, string>();
  for (const [path, text] of files) sums.set(path, await sha256(text));
  for (const [path, sum] of earlier) {
    if (!sums.has(path) && await find(join(folder, path)) !== undefined) sums.set(path, sum);
  }
  // First: the next build recognises the files also when this one is interrupted.
  const lines = Array.from(sums, ([path, sum]) => `${sum}  ${path}\n`);
  await replaceFile(join(folder, SUMS_FILE), lines.join(""), false);
  for (const [path, text] of files) {
    await replaceFile(join(folder, path), text, executables.includes(path));
  }
  return sums;
}

/** Writes a file under a temporary name and renames it: hard links to the earlier file keep that one's text. */
async function replaceFile(path: string, text: string, isExecutable: boolean): Promise<void> {
  const temporary = `${path}${TEMPORARY}`;
  await explain(path, async () => {
    await Deno.mkdir(dirname(path), { recursive: true });
    if (await find(temporary) !== undefined) await Deno.remove(temporary);
    try {
      await Deno.writeTextFile(temporary, text, { createNew: true });
      if (isExecutable) await Deno.chmod(temporary, 0o755);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  });
}

/** @throws CannotWriteBuild in place of an error of the operating system */
async function explain<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    // Deno adds the operation and its paths, which may be the temporary ones.
    const [reason] = cause.message.split(": ");
    throw new CannotWriteBuild(
      `The build cannot write ${path}: ${reason}. Make it writable, or choose another folder with --out`,
      { cause },
    );
  }
}

/** The checksums of the files that an earlier build has made. */
async function readSums(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, SUMS_FILE);
  const info = await find(path);
  const text = info?.isFile === true ? await explain(path, () => Deno.readTextFile(path)) : "";
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
  throw new CannotWriteBuild(
    `The build would write over these, or through them, and ${SUMS_FILE} names none of them as a build's. Move them ` +
      `away, or choose another folder with --out:\n${[...obstacles].join("\n")}`,
  );
}

/** Finds what stands in the way of a file: a file that no build has made, or a file or link in the place of a folder. */
async function findObstacle(
  folder: string,
  path: string,
  ownPaths: ReadonlySet<string>,
): Promise<string | undefined> {
  // The folder itself may be a link, which leads to a folder.
  const root = await find(folder, Deno.stat) ?? await find(folder);
  if (root === undefined) return undefined;
  if (!root.isDirectory) return folder;
  const names = path.split("/");
  for (const depth of names.keys().drop(1)) {
    const parent = join(folder, ...names.slice(0, depth));
    const info = await find(parent);
    if (info === undefined) return undefined;
    if (!info.isDirectory) return parent;
  }
  const info = await find(join(folder, path));
  return info === undefined || info.isFile && ownPaths.has(path) ? undefined : join(folder, path);
}

/** Describes a file; a link is not followed by default, since it may lead to a file of others. */
async function find(path: string, look = Deno.lstat): Promise<Deno.FileInfo | undefined> {
  return await explain(path, async () => {
    try {
      return await look(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return undefined;
      }
      throw error;
    }
  });
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex();
}
