/** How many foreground operations run before a background one that is queued. */
export const FOREGROUND_IN_A_ROW = 16;

/** A priority queue of database operations. It runs one at a time, as each blocks all others. */
export interface WriteScheduler {
  /** Runs an operation next, after the foreground operations that are already queued. */
  foreground<T>(operation: () => Promise<T>): Promise<T>;
  /**
   * Runs an operation when no foreground one is queued, or after {@link FOREGROUND_IN_A_ROW} of them in a row
   * (starvation guard); then yields to the event loop. Jobs run here, so that a single send waits for one of their
   * operations and not for all.
   */
  background<T>(operation: () => Promise<T>): Promise<T>;
}

/** Creates a scheduler with empty queues. */
export function createWriteScheduler(): WriteScheduler {
  const foreground: (() => Promise<void>)[] = [];
  const background: (() => Promise<void>)[] = [];
  let isRunning = false;
  let foregroundInARow = 0;

  async function run(): Promise<void> {
    isRunning = true;
    for (;;) {
      const isForeground = foreground.length > 0 &&
        (foregroundInARow < FOREGROUND_IN_A_ROW || background.length === 0);
      const next = (isForeground ? foreground : background).shift();
      if (next === undefined) break;
      foregroundInARow = isForeground ? foregroundInARow + 1 : 0;
      await next();
      if (!isForeground) await new Promise((resolve) => setImmediate(resolve));
    }
    isRunning = false;
  }

  function enqueue<T>(queue: (() => Promise<void>)[], operation: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push(() => operation().then(resolve, reject));
      if (!isRunning) void run();
    });
  }

  return {
    foreground: (operation) => enqueue(foreground, operation),
    background: (operation) => enqueue(background, operation),
  };
}
