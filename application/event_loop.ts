/** How many of a list are read, or planned, before anything else gets its turn. */
export const ITEMS_BEFORE_YIELD = 64;

/** Lets everything else have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

/** How long is worked before anything else gets its turn, in milliseconds. */
export const TIME_SLICE_MS = 10;
/** After how many steps it gets its turn in any case: some runtimes' time stands still while work goes on. */
export const TIME_SLICE_STEPS = 512;

/** Starts work of many steps. @returns to be asked after each: whether it is time for a {@link turn} */
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
