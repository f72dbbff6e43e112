/**
 * Runs `work` and returns its result or error. When too many works of the same name run, it waits first; waiting works
 * start in the order of their calls. Works of different names do not wait for each other.
 */
export type ConcurrencyLimit = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Creates a limit: at most `most` works of one name run at a time. */
export function createConcurrencyLimit(most: number): ConcurrencyLimit {
  const running = new Map<string, { count: number; readonly waiting: (() => void)[] }>();
  return async (name, work) => {
    const group = running.get(name) ?? { count: 0, waiting: [] };
    running.set(name, group);
    if (group.count >= most) await new Promise<void>((resolve) => group.waiting.push(resolve));
    else group.count++;
    try {
      return await work();
    } finally {
      const next = group.waiting.shift();
      if (next !== undefined) next();
      else if (--group.count === 0) running.delete(name);
    }
  };
}
