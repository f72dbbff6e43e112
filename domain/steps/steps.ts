/**
 * Work that may be long, as a generator that yields between its steps. The caller decides what happens between two
 * steps: the application serves other requests there.
 */
export type Steps<T> = Generator<void, T, undefined>;

/** Runs all steps at once, without letting other requests be served between them. @returns the result of the work */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
