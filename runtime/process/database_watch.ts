/** Notices that the open database can no longer be used: its file is gone or replaced, or its thread has ended. */
import type { Log } from "../../domain/ports/log.ts";
import { databaseFile } from "./permissions.ts";

/** How often the path of the file is looked at, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** The exit code when the database is lost: `EX_IOERR` of `sysexits.h`. */
export const DATABASE_LOST_EXIT_CODE = 74;

/**
 * How the database was lost: its file or the file's log (`-wal`) was deleted or replaced, or the thread that runs the
 * database has ended.
 */
export type Loss = "file-deleted" | "file-replaced" | "thread-ended";

/** The options of {@link watchDatabase}. */
export interface DatabaseWatchOptions {
  readonly url: string;
  /** Aborted when the database's thread has ended; `undefined` for a remote database, which has none. */
  readonly lost: AbortSignal | undefined;
  readonly log: Log;
  /** Ends the process at once with this code. It does not wait for work under way, which can no longer be written. */
  readonly exit: (code: number) => void;
  readonly lookEveryMs?: number;
}

/**
 * Watches an open database, and ends the process with {@link DATABASE_LOST_EXIT_CODE} when it is lost: what would be
 * written would be lost too. The file and its log (`-wal`) are compared, every second by default, with what their paths
 * lead to. Of a remote database no file is watched.
 *
 * @returns a function that ends the watch
 */
export async function watchDatabase(
  { url, lost, log, exit, lookEveryMs = LOOK_EVERY_MS }: DatabaseWatchOptions,
): Promise<() => void> {
  const path = databaseFile(url);
  const files = path === undefined ? [] : [path, `${path}-wal`];
  const opened = new Map<string, string>();
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function end(): void {
    isOver = true;
    clearTimeout(timer);
    lost?.removeEventListener("abort", onThreadEnd);
  }

  function lose(loss: Loss): void {
    if (isOver) return;
    end();
    log({ event: "database-lost", reason: loss });
    exit(DATABASE_LOST_EXIT_CODE);
  }

  function onThreadEnd(): void {
    lose("thread-ended");
  }

  async function look(): Promise<Loss | undefined> {
    for (const file of files) {
      const before = opened.get(file);
      const identity = await identify(file);
      if (identity === "unknown" || identity === before) continue;
      if (before !== undefined) return identity === "none" ? "file-deleted" : "file-replaced";
      // The log appears with the first read or write.
      if (identity !== "none") opened.set(file, identity);
    }
    return undefined;
  }

  async function lookAgain(): Promise<void> {
    const loss = await look();
    if (loss !== undefined) return lose(loss);
    if (!isOver) timer = setTimeout(lookAgain, lookEveryMs);
  }

  if (lost?.aborted === true) lose("thread-ended");
  lost?.addEventListener("abort", onThreadEnd);
  if (files.length > 0) await lookAgain();
  return end;
}

/**
 * The device and the inode that a path leads to; `none` when there is no file, `unknown` when the system does not tell.
 */
async function identify(path: string): Promise<string> {
  try {
    const { dev, ino } = await Deno.stat(path);
    return ino === null ? "unknown" : `${dev} ${ino}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "none" : "unknown";
  }
}
