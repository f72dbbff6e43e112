/**
 * How many of a list are sealed or opened at once: the threads that do it are few. While others are being served, who need
 * them too, it is less.
 */
export const CONCURRENCY = { busy: 6, idle: 64 } as const;

/** What `Promise.allSettled` gives for the work on each item, of which a few are under way at once. */
export async function mapLimitSettled<T, R>(
  items: readonly T[],
  isBusy: () => boolean,
  work: (item: T) => Promise<R>,
): Promise<readonly PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  while (results.length < items.length) {
    const some = items.slice(
      results.length,
      results.length + CONCURRENCY[isBusy() ? "busy" : "idle"],
    );
    results.push(...await Promise.allSettled(some.map(work)));
  }
  return results;
}

/** The same, rejecting with the first failure when all have ended. */
export async function mapLimit<T, R>(
  items: readonly T[],
  isBusy: () => boolean,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const settled = await mapLimitSettled(items, isBusy, work);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
