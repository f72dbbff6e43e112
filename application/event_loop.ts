import type { Steps } from "../domain/steps/steps.ts";
import { isRequestIsolated } from "./isolated_requests.ts";

/** How many items of a batch are processed before yielding to the event loop. */
export const ITEMS_BEFORE_YIELD = 64;

/** The long works that wait for a turn of the event loop, in the order in which they yielded. */
const waiting: (() => void)[] = [];

/**
 * Yields to the event loop: events that are ready, such as other requests, are handled before the promise resolves.
 * When several long tasks yield, only one of them resumes in each iteration of the event loop, in order, so that a
 * short request waits for one time slice and not for many.
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

/** How long a task runs before it yields to the event loop, in milliseconds. */
export const TIME_SLICE_MS = 5;
/** The most steps before a task yields. On some runtimes the clock stands still during synchronous work. */
export const TIME_SLICE_STEPS = 512;

/**
 * Starts a time slice of a task with many steps. A slice ends after {@link TIME_SLICE_MS} or {@link TIME_SLICE_STEPS}.
 *
 * @param now milliseconds
 * @returns a function to call after each step: `true` when the slice is over, so that the task should
 * {@link yieldToEventLoop}; the next slice begins with that call
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
 * Runs the steps of a long task to the end, in time slices between which it yields to the event loop.
 *
 * @param signal ends the task between two slices when it is aborted, as when the client has closed its connection
 * @returns the result of the last step
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

/**
 * Creates the error of a task that ends because its client has closed the connection: a signal's reason may be no
 * error.
 */
export function abortError(): DOMException {
  return new DOMException("The client has left", "AbortError");
}
