/** Keeps the files of the database from other users of the machine. */
import { relative, resolve } from "node:path";
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

/**
 * The path of the lock of a database file: one name for a file, however many links lead to it. The lock is a file
 * beside it. `undefined` for a remote database.
 *
 * @throws Deno.errors.PermissionDenied when the path may not be read
 */
export async function lockFileOf(databaseUrl: string): Promise<string | undefined> {
  const path = databaseFile(databaseUrl);
  if (path === undefined) return undefined;
  try {
    return `${await Deno.realPath(path)}.lock`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${path}.lock`;
    throw error;
  }
}

/**
 * Returns a problem when the folder of files contains the program: the process may write all of that folder, and so a
 * fault in it could change the program. Empty otherwise. Of a database the process may write the file only, which
 * libSQL's native code opens.
 *
 * @param filesDir the folder of files; `undefined` when there is none
 * @param program the folder of the program
 */
export async function findProgramInData(
  filesDir: string | undefined,
  program: string,
): Promise<readonly string[]> {
  if (filesDir === undefined) return [];
  if (!contains(await realFolder(filesDir), await realFolder(program))) return [];
  return [
    "FILES_DIR is a folder that contains the program, which the process could then write: " +
    'use a folder of its own, as in "mkdir -p data/files && export FILES_DIR=data/files"',
  ];
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
