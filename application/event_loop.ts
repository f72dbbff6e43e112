/** How many of a list are read, or planned, before anything else gets its turn. */
export const JUDGED_AT_ONCE = 64;

/** Lets everything else have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

/** How long is worked before anything else gets its turn, in milliseconds. */
export const WORK_MS = 10;
/** After how many steps it gets its turn in any case: some runtimes' time stands still while work goes on. */
export const WORK_STEPS = 512;

/** Starts work of many steps. @returns to be asked after each: whether it is time for a {@link turn} */
export function startWork(now: () => number = () => performance.now()): () => boolean {
  let since = now();
  let steps = 0;
  return () => {
    const at = now();
    if (++steps < WORK_STEPS && at - since < WORK_MS) return false;
    since = at;
    steps = 0;
    return true;
  };
}
