/** Long work in steps, so that the caller can yield to the event loop between two of them. */

/** Work that yields between its steps, and returns its result. */
export type Steps<T> = Generator<void, T>;

/** Runs all steps at once. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
