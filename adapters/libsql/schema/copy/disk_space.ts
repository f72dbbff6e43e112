/** The room that a copy needs on the disk of a database's file. */
import { SchemaError } from "../schema_error.ts";

/**
 * The free space that a copy needs on the disk, as a multiple of the file's size: for the new tables, and then for
 * the file that is written anew and its write-ahead log. With less the disk would get full, and the version before
 * could not write either.
 */
export const FREE_SPACE = 1.5;

/** The size of a file with its write-ahead log, and the free space beside it, in bytes. */
export interface DiskSpace {
  readonly size: number;
  readonly free: number;
}

/**
 * Checks that the disk has room for a copy.
 *
 * @param read reads the size of the file and the free bytes beside it
 * @throws SchemaError when it has not
 */
export async function requireDiskSpace(
  path: string,
  read: (path: string) => Promise<DiskSpace> = readDiskSpace,
): Promise<void> {
  const { size, free } = await read(path);
  const needed = size * FREE_SPACE;
  if (free >= needed) return;
  throw new SchemaError(
    `the migration needs ${toMegabytes(needed)} MB of free space beside ${path}, and there are ` +
      `${toMegabytes(free)} MB: free some and run it again`,
  );
}

async function readDiskSpace(path: string): Promise<DiskSpace> {
  // Imported when it is needed: Cloudflare Workers have no files. Deno 2.5 has no `statfs` in `node:fs/promises`.
  const { promises: { stat, statfs } } = await import("node:fs");
  const { bavail, bsize } = await statfs(path);
  // The log of a small file may be larger than the file.
  const log = await stat(`${path}-wal`).then(({ size }) => size, () => 0);
  return { size: (await stat(path)).size + log, free: bavail * bsize };
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
