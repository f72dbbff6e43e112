/**
 * Runs `run` for each item, at most `lanes` of them at once.
 *
 * @returns what it gave, in the order of the items
 */
export async function createQueueWithConcurrency<T, R>(
  items: readonly T[],
  lanes: number,
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: (readonly [number, R])[] = [];
  const left = items.entries();
  async function lane(): Promise<void> {
    for (const [index, item] of left) results.push([index, await run(item)]);
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return results.sort(([a], [b]) => a - b).map(([, result]) => result);
}
