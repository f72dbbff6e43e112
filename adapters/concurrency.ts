/**
 * Calls `run` for each item, with a bounded number of calls in flight.
 *
 * @param limit the most calls in flight, 1 or more; a function is asked for it before each call
 * @returns what `Promise.allSettled` returns, in the order of the items
 */
export async function mapLimitSettled<T, R>(
  items: readonly T[],
  limit: number | (() => number),
  run: (item: T) => Promise<R>,
): Promise<readonly PromiseSettledResult<R>[]> {
  if (items.length === 0) return [];
  const limitOf = typeof limit === "number" ? () => limit : limit;
  const results = new Map<number, PromiseSettledResult<R>>();
  const queue = items.entries();
  const { promise: allSettled, resolve: end } = Promise.withResolvers<void>();
  let started = 0;

  async function settle(index: number, item: T): Promise<void> {
    try {
      results.set(index, { status: "fulfilled", value: await run(item) });
    } catch (reason) {
      results.set(index, { status: "rejected", reason });
    }
    if (results.size === items.length) end();
    else fill();
  }

  function fill(): void {
    while (started < items.length && started - results.size < limitOf()) {
      started++;
      const { value } = queue.next();
      if (value !== undefined) void settle(...value);
    }
  }

  fill();
  await allSettled;
  return Array.from(results).sort(([a], [b]) => a - b).map(([, result]) => result);
}

/**
 * Calls `run` for each item, with at most `limit` calls in flight, and returns the values in the order of the items.
 * When calls failed, it still waits for all calls, then rejects with the error of the first failed item, in the order
 * of the items.
 */
export async function mapLimit<T, R>(
  items: readonly T[],
  limit: number | (() => number),
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const settled = await mapLimitSettled(items, limit, run);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
