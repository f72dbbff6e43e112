/** Refuses to open a database file that is not there, while its log is. */
import { databaseFile } from "./permissions.ts";

/**
 * Returns a problem when the database's file is absent or empty and its log (`-wal`) has content: SQLite would make an
 * empty file and erase the log, and what it holds would be lost when the file is put back. `undefined` otherwise.
 */
export async function findLogWithoutFile(databaseUrl: string): Promise<string | undefined> {
  const path = databaseFile(databaseUrl);
  if (path === undefined || await sizeOf(path) > 0 || await sizeOf(`${path}-wal`) === 0) {
    return undefined;
  }
  return `DATABASE_URL: the file ${path} is missing or empty, and its log ${path}-wal is there: ` +
    "put the file back, or, if its data is to be given up, move the log away";
}

/** The size of a file; 0 when it cannot be looked at, which opening it reports. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return 0;
  }
}
