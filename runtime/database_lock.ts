import { databasePath } from "../adapters/libsql/connection/embedded.ts";
import { type Config, ConfigError } from "./config.ts";

/** A lock on a database file. It ends with the process, however that ends. */
export interface DatabaseLock {
  release(): void;
}

/**
 * Locks the database's file against another `start`; nothing else is kept out. The lock is an advisory lock of the
 * operating system on a file beside it, which stays when the process has ended and means nothing by itself.
 *
 * @returns `undefined` for a remote database, which several processes may share
 * @throws ConfigError when another process has the lock, or the file system has no locks
 */
export async function lockDatabase(
  { url }: Pick<Config["database"], "url">,
): Promise<DatabaseLock | undefined> {
  if (!url.startsWith("file:")) return undefined;
  const path = `${await resolvePath(databasePath(url))}.lock`;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  } catch (cause) {
    throw new ConfigError(`DATABASE_URL: its lock ${path} cannot be written: ${reasonOf(cause)}`, {
      cause,
    });
  }
  try {
    if (await file.tryLock(true)) return { release: () => file.close() };
  } catch (cause) {
    file.close();
    throw new ConfigError(`DATABASE_URL: ${path} cannot be locked: ${reasonOf(cause)}`, { cause });
  }
  file.close();
  throw new ConfigError(
    "DATABASE_URL names a file that another running Hark serves: stop that one " +
      `("fuser -v ${path}" shows it), or share a remote database between processes`,
  );
}

/** One name for a file, however many links lead to it. */
async function resolvePath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
