/** Yields to the event loop while a spreadsheet is read: the runtime inflates and parses without ever doing so. */

/** How long reading goes on before it yields, in milliseconds. */
const SLICE_MS = 10;
/** The most steps before it yields: on some runtimes the clock stands still during synchronous work. */
const SLICE_STEPS = 64;

/** Ends a step of reading. It yields to the event loop when a time slice is over. @throws the signal's reason */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Starts the time slices of one file. */
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
