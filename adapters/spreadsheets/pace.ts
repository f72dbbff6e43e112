/** Yields to the event loop while a spreadsheet is read: the runtime inflates and parses without ever doing so. */

/** How long reading goes on before it yields, in milliseconds. */
const SLICE_MS = 10;
/** The most steps before it yields: on some runtimes the clock stands still during synchronous work. */
const SLICE_STEPS = 64;

/**
 * Call it after each step of reading a file. It yields to the event loop when the time slice (10 ms or 64 steps) is
 * over.
 *
 * @throws the signal's reason when the signal is aborted
 */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Starts the time slices for the reading of one file. @param now milliseconds */
export function startPace(now: () => number = () => performance.now()): Pace {
  let since = now();
  let steps = 0;
  return async (signal) => {
    signal.throwIfAborted();
    if (++steps < SLICE_STEPS && now() - since < SLICE_MS) return;
    await new Promise<void>((resolve) => void setTimeout(resolve, 0));
    signal.throwIfAborted();
    since = now();
    steps = 0;
  };
}
