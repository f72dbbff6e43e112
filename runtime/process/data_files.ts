/** Keeps the files of the database from other users of the machine. */
import { dirname, relative, resolve } from "node:path";
import { databaseFile } from "./permissions.ts";

/** The umask that takes every permission from the group and from others. */
const OWNER_ONLY = 0o077;

/** The bits of a file mode that concern users who are neither the owner nor in the group. */
const OTHERS = 0o007;

/**
 * Sets the umask of the process, so that files that it creates from now on can be read and written by their owner only:
 * the database with its log, the development keys, and files that are sent by e-mail. Never throws: a system without
 * umasks keeps its own rule.
 */
export function hideNewFiles(): void {
  try {
    Deno.umask(OWNER_ONLY);
  } catch {
    // The system has no such thing, or the launcher, which may set it, has done so.
  }
}

/**
 * Returns a warning when other users may read the database file, as with a file that an earlier version of Hark
 * created. Empty otherwise, and when there is no file or its mode cannot be read.
 */
export async function warningsOfDataFiles(databaseUrl: string): Promise<readonly string[]> {
  const path = databaseFile(databaseUrl);
  if (path === undefined) return [];
  try {
    const { mode } = await Deno.stat(path);
    if (mode === null || (mode & OTHERS) === 0) return [];
    const text = (mode & 0o777).toString(8);
    return [`DATABASE_URL: other users may read the file (mode ${text}): chmod 600 ${path}*`];
  } catch {
    return [];
  }
}

/** Where a process keeps its data. */
export interface DataPlaces {
  readonly databaseUrl: string;
  readonly filesDir: string | undefined;
}

/**
 * Returns a problem for each folder of data that contains the program. The process may write the whole folder of its data,
 * and so a fault in it could change the program.
 *
 * @param program the folder of the program
 */
export async function findProgramInData(
  { databaseUrl, filesDir }: DataPlaces,
  program: string,
): Promise<readonly string[]> {
  const file = databaseFile(databaseUrl);
  const places = [
    ...(file === undefined ? [] : [["DATABASE_URL", dirname(file), "file:data/hark.db"] as const]),
    ...(filesDir === undefined ? [] : [["FILES_DIR", filesDir, "data/files"] as const]),
  ];
  const problems: string[] = [];
  for (const [variable, folder, better] of places) {
    if (!contains(await realFolder(folder), await realFolder(program))) continue;
    problems.push(
      `${variable} is in a folder that contains the program, which the process could then write: ` +
        `use a folder of its own, as in "mkdir -p data && export ${variable}=${better}"`,
    );
  }
  return problems;
}

function contains(folder: string, inner: string): boolean {
  return !relative(folder, inner).split(/[\\/]/).includes("..");
}

/** The path without symbolic links; as it is written where that cannot be found out. */
async function realFolder(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    return resolve(path);
  }
}
