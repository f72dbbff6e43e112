import type { Steps } from "../domain/steps/steps.ts";
import { isRequestIsolated } from "./isolated_requests.ts";

/** Items of a batch that are read, or planned, before yielding to the event loop. */
export const ITEMS_BEFORE_YIELD = 64;

/** The long works that wait for a turn of the event loop, in the order in which they yielded. */
const waiting: (() => void)[] = [];

/**
 * Yields to the event loop: other requests are served before the promise resolves. However many long works there are, one
 * of them goes on in each turn of the event loop, so that a short request waits for one time slice and not for many.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (isRequestIsolated()) return void setTimeout(resolve, 0);
    waiting.push(resolve);
    if (waiting.length === 1) setTimeout(resumeNext, 0);
  });
}

function resumeNext(): void {
  const next = waiting.shift();
  if (waiting.length > 0) setTimeout(resumeNext, 0);
  next?.();
}

/** How long work goes on before it yields, in milliseconds. */
export const TIME_SLICE_MS = 5;
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

/**
 * Runs long work in time slices, and yields to the event loop between them.
 *
 * @param signal ends the work when it is aborted, as when the client has left
 * @throws {DOMException} `AbortError` when the signal is aborted
 */
export async function runInSlices<T>(
  steps: Steps<T>,
  signal?: AbortSignal,
  startSlice = startTimeSlice,
): Promise<T> {
  let isSliceOver = startSlice();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (!isSliceOver()) continue;
    await yieldToEventLoop();
    // The slice begins when the event loop comes back to this work.
    isSliceOver = startSlice();
    if (signal?.aborted === true) throw abortError();
  }
}

/** The error of work that ends because its client has left. A signal's own reason may be no error. */
export function abortError(): DOMException {
  return new DOMException("The client has left", "AbortError");
}
