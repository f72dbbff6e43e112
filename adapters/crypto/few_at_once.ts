/** How many of a list are sealed or opened at once: the threads that do it are few, and single sends need them too. */
export const AT_ONCE = 6;

/** What `Promise.allSettled` gives for the work on each item, of which a few are under way at once. */
export async function settleFewAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...await Promise.allSettled(items.slice(from, from + AT_ONCE).map(work)));
  }
  return results;
}

/** The same, rejecting with the first failure when all have ended. */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const settled = await settleFewAtOnce(items, work);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
