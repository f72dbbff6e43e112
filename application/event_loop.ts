import type { Steps } from "../domain/steps/steps.ts";

/** Items of a batch that are read, or planned, before yielding to the event loop. */
export const ITEMS_BEFORE_YIELD = 64;

/** Yields to the event loop: other requests are served before the promise resolves. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

/** How long work goes on before it yields, in milliseconds. */
export const TIME_SLICE_MS = 10;
/** The most steps before work yields: on some runtimes the clock stands still during synchronous work. */
export const TIME_SLICE_STEPS = 512;

/**
 * Starts a time slice of work that has many steps.
 *
 * @returns a function to call after each step: `true` when it is time to {@link yieldToEventLoop}
 */
export function startTimeSlice(now: () => number = () => performance.now()): () => boolean {
  let since = now();
  let steps = 0;
  return () => {
    const at = now();
    if (++steps < TIME_SLICE_STEPS && at - since < TIME_SLICE_MS) return false;
    since = at;
    steps = 0;
    return true;
  };
}

/** Runs work in time slices, and yields to the event loop between them. @throws the signal's reason at the end of a slice */
export async function runInSlices<T>(
  steps: Steps<T>,
  signal?: AbortSignal,
  startSlice = startTimeSlice,
): Promise<T> {
  const isSliceOver = startSlice();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (!isSliceOver()) continue;
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
}
