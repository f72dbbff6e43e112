import { type Config, ConfigError } from "./config.ts";
import { lockFileOf } from "./process/data_files.ts";

/**
 * How long a free lock may take, in milliseconds, on a Deno without `tryLock` (2.5). Another server holds its lock for
 * as long as it serves.
 */
const FREE_LOCK_MS = 1_000;

/**
 * A lock on a database file, against a second server of that file. It ends with the process, however that ends, or by
 * `release`.
 */
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
  const path = await lockFileOf(url);
  if (path === undefined) return undefined;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  } catch (cause) {
    throw new ConfigError(`DATABASE_URL: its lock ${path} cannot be written: ${reasonOf(cause)}`, {
      cause,
    });
  }
  try {
    if (await tryLock(file)) return { release: () => file.close() };
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

/** Locks a file unless another process holds its lock. */
async function tryLock(
  file: Pick<Deno.FsFile, "lock"> & Partial<Pick<Deno.FsFile, "tryLock">>,
): Promise<boolean> {
  if (file.tryLock !== undefined) return await file.tryLock(true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), FREE_LOCK_MS);
  });
  // A lock that is waited for cannot be given up, but the process that does not get it ends.
  return await Promise.race([file.lock(true).then(() => true), late])
    .finally(() => clearTimeout(timer));
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
