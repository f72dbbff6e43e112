import { MINUTE_MS } from "../../domain/time/durations.ts";

/**
 * How many wrong credentials of one kind from one network are answered without a delay in one time window. The HTTP
 * layer delays the answer to each further one.
 */
export const MAX_FAST_GUESSES = 10;
/**
 * The length of a time window, in milliseconds. A source's window begins with its first failed guess. The first failed
 * guess after the window's end begins a new one, and the count starts anew.
 */
export const GUESS_WINDOW_MS = 15 * MINUTE_MS;
/**
 * The most sources that a counter counts at a time. A further one evicts the source whose last failure is the oldest.
 */
export const MAX_COUNTED_NETWORKS = 10_000;

/**
 * Counts failed guesses of credentials by source (a kind of credential and a network). It is in the memory of one
 * process: nothing is shared or stored.
 */
export interface GuessCounter {
  /**
   * Counts a failed guess.
   *
   * @param now epoch milliseconds
   * @returns how many failed guesses the source has made in the current time window, with this one
   */
  count(source: string, now: number): number;
  /** How many sources are counted at present. */
  readonly size: number;
}

/** Creates a counter of failed guesses, with time windows of {@link GUESS_WINDOW_MS}. */
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
