import { isUnavailable } from "./database.ts";

/** The most items that share one commit. */
export const MAX_GROUP = 64;
/** The same where the items may wait for others: a commit holds everything up while it lasts. */
export const MAX_BACKGROUND_BATCH = 16;
/** The same where nobody else is being served. */
export const MAX_IDLE_GROUP = 128;
/** The same where they go to a remote database: a commit is a round trip, and each of its statements has all items. */
export const MAX_REMOTE_GROUP = 250;
/** How large the items of one commit may be together, so that large ones do not hold everything up; one may be larger. */
export const MAX_GROUP_SIZE = 4_000_000;

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets writes that arrive in one turn of the event loop share a commit, each with its own result. A commit to disk
 * costs the same for one row as for fifty, so this is what makes `synchronous=FULL` affordable.
 *
 * When a shared commit fails, which leaves nothing written, each item is tried alone, so that one cannot take the
 * others down; not where the database is not to be had, for there no item is to blame.
 *
 * @param commit writes all items or none; its results are in the order of the items
 * @param sizeOf how large an item is, to be held against {@link MAX_GROUP_SIZE}
 * @param most how many items the next commit takes
 */
export function groupCommit<T, R>(
  commit: (items: readonly T[]) => Promise<readonly R[]>,
  sizeOf: (item: T) => number = () => 0,
  most: () => number = () => MAX_GROUP,
): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let scheduled = false;

  async function settle(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await commit(group.map(({ item }) => item));
      for (const [index, { resolve, reject }] of group.entries()) {
        if (index < results.length) resolve(results[index] as R);
        else reject(new Error("a commit gave too few results"));
      }
    } catch (reason) {
      if (group.length === 1 || isUnavailable(reason)) {
        for (const { reject } of group) reject(reason);
        return;
      }
      for (const one of group) await settle([one]);
    }
  }

  function countFitting(): number {
    let size = 0;
    const limit = most();
    const last = waiting.findIndex(({ item }, index) => {
      size += sizeOf(item);
      return index === limit || (index > 0 && size > MAX_GROUP_SIZE);
    });
    return last === -1 ? waiting.length : last;
  }

  function flush(): void {
    scheduled = false;
    const group = waiting.splice(0, countFitting());
    if (waiting.length > 0) schedule();
    void settle(group);
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      schedule();
    });
}

/** The same port for a database where sharing is not worth it: every item commits alone, at once. */
export function commitIndividually<T, R>(
  commit: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  return async (item) => {
    const results = await commit([item]);
    if (results.length === 0) throw new Error("a commit gave no result");
    return results[0] as R;
  };
}
