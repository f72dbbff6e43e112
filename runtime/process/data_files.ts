/** Keeps the files of the database from other users of the machine. */
import { databaseFile } from "./permissions.ts";

/** The bits of a mode that let neither the group nor others do anything. */
const OWNER_ONLY = 0o077;

/** The bits of a mode that concern other users. */
const OTHERS = 0o007;

/** Makes new files readable by their owner only: the database with its log, the development keys, files by e-mail. */
export function hideNewFiles(): void {
  try {
    Deno.umask(OWNER_ONLY);
  } catch {
    // The system has no such thing, or the launcher, which may set it, has done so.
  }
}

/** A warning where other users may read the database file, which an earlier version of Hark has made. */
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
