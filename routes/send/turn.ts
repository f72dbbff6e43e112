/** How many of a list are read, or planned, before anything else gets its turn. */
export const JUDGED_AT_ONCE = 64;

/** Lets everything else have its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}
