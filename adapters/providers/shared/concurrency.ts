/**
 * Calls `run` for each item with bounded concurrency.
 *
 * @param concurrency the most calls in flight
 * @returns the results, in the order of the items
 */
export async function mapWithConcurrency<T, R>(
  items: readonly T[],
  concurrency: number,
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: (readonly [number, R])[] = [];
  const remaining = items.entries();
  async function work(): Promise<void> {
    for (const [index, item] of remaining) results.push([index, await run(item)]);
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  return results.sort(([a], [b]) => a - b).map(([, result]) => result);
}
