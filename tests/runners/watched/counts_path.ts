/** The path at which the Worker of the runners answers with its counts (`Counts` of `invocation_watch.ts`). */
export const COUNTS_PATH = "/.counts";
