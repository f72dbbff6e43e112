import { MINUTE_MS } from "../../domain/time/durations.ts";

/** Failed guesses of one credential from one network that are answered at once. */
export const MAX_FAST_GUESSES = 10;
/** How long failed guesses are counted from the first one, in milliseconds. */
export const GUESS_WINDOW_MS = 15 * MINUTE_MS;
/** The most networks whose failed guesses are counted; the one that has not failed for longest is dropped. */
export const MAX_COUNTED_NETWORKS = 10_000;

/** Counts failed guesses by network. One process has its own; nothing is shared or stored. */
export interface GuessCounter {
  /** Counts a failed guess. @returns how many there are in the window, with this one */
  count(source: string, now: number): number;
  /** How many sources are counted. */
  readonly size: number;
}

/** Creates a counter of failed guesses. */
export function createGuessCounter(): GuessCounter {
  // In the order of the last failed guess.
  const windows = new Map<string, { readonly failures: number; readonly endsAt: number }>();
  return {
    count(source, now) {
      const before = windows.get(source);
      // A window that ends later than any can means that the clock was set back.
      const isOver = before === undefined || before.endsAt <= now ||
        before.endsAt > now + GUESS_WINDOW_MS;
      const window = isOver
        ? { failures: 1, endsAt: now + GUESS_WINDOW_MS }
        : { failures: before.failures + 1, endsAt: before.endsAt };
      windows.delete(source);
      windows.set(source, window);
      if (windows.size > MAX_COUNTED_NETWORKS) {
        const [oldest = ""] = windows.keys();
        windows.delete(oldest);
      }
      return window.failures;
    },
    get size() {
      return windows.size;
    },
  };
}
