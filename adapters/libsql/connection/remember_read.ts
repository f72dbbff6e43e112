import type { Database } from "./database.ts";

/** How long a value is remembered: a file may have been written by another process, though none serves it. */
const REMEMBERED_MS = 5_000;

/**
 * Makes a function that calls `read`, and returns its last value again while this process has written nothing since,
 * for 5 seconds at most. So a poll of an idle embedded database costs nothing. On a server, which other processes
 * write to, it calls `read` each time.
 */
export function rememberRead<T>(
  db: Pick<Database, "countWrites">,
  read: () => Promise<T>,
): () => Promise<T> {
  let last: { readonly value: T; readonly writes: number; readonly at: number } | undefined;
  return async () => {
    // Counted before the read: a write that ends during it may not be seen by it.
    const writes = db.countWrites();
    if (
      last !== undefined && last.writes === writes && performance.now() - last.at < REMEMBERED_MS
    ) {
      return last.value;
    }
    const value = await read();
    last = writes === undefined ? undefined : { value, writes, at: performance.now() };
    return value;
  };
}
