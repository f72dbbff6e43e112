/** Runs work of one name with a bounded concurrency; further work of the name is started in order. */
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
