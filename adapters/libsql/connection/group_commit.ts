import { type BoundedCall, UNBOUNDED } from "./call_bounds.ts";
import type { CommitTiming } from "./commit_timing.ts";
import { isUnavailable, timedOut } from "./unavailable.ts";

/** Max items that one shared commit (several requests' rows in one transaction) writes to an embedded database. */
export const MAX_GROUP = 64;
/**
 * Max background items that one shared commit writes to an embedded database while `background.isBusy()`: a commit
 * blocks all other operations. The rest wait for the next commit. {@link MAX_IDLE_GROUP} is the limit otherwise.
 */
export const MAX_BACKGROUND_BATCH = 16;
/** Max background items that one shared commit writes to an embedded database while no requests are being served. */
export const MAX_IDLE_GROUP = 128;
/**
 * Max items that one shared commit writes to a remote database, where a commit is one round trip and each statement
 * carries all items: as many as one claim returns.
 */
export const MAX_REMOTE_GROUP = 500;
/**
 * Max total size of the items of one commit, in characters, so that it does not block other operations for long. A
 * single item may be larger. A backend with a smaller limit states its own as `maxGroupSize`.
 */
export const MAX_GROUP_SIZE = 4_000_000;

interface Waiting<T, R> {
  readonly item: T;
  readonly call: BoundedCall;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/** The timing of commits that nothing else delays: one at a time. */
const ONE_AT_A_TIME: CommitTiming = {
  onceWritable: (callback) => void setImmediate(callback),
  commitsAtOnce: 1,
  maxGroupItems: () => MAX_GROUP,
  maxGroupSize: MAX_GROUP_SIZE,
};

/**
 * Makes a function that commits one item and returns its result. Items that arrive while a commit is under way
 * gather, and the next commit writes them together (group commit by natural batching). On an idle database an item
 * waits for the current iteration of the event loop only. A commit to disk costs the same for one row as for fifty,
 * which makes `synchronous=FULL` affordable.
 *
 * A shared commit that fails writes nothing. Each of its items is then committed alone, so that one bad item cannot
 * fail the others. When the database is unavailable, all items fail without a retry: no single item is at fault. An
 * item whose time is over before its commit begins is not committed.
 *
 * @param commit writes all items or none; its results are in the order of the items. It must call the database before
 * it first awaits, so that its write belongs to the commit that is about to begin
 * @param sizeOf the size of an item, in the unit of {@link MAX_GROUP_SIZE}; 0 by default
 * @param timing when the database takes the next commit, and how large it may be; one of {@link MAX_GROUP} items at a
 * time by default
 */
export function groupCommit<T, R>(
  commit: (items: readonly T[]) => Promise<readonly R[]>,
  sizeOf: (item: T) => number = () => 0,
  timing: CommitTiming = ONE_AT_A_TIME,
): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let isRequested = false;
  let underWay = 0;
  let isSlow = false;
  let slowTimer: ReturnType<typeof setTimeout> | undefined;

  async function settle(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await together(group);
      for (const [index, { resolve, reject }] of group.entries()) {
        if (index < results.length) resolve(results[index] as R);
        else reject(new Error("a commit returned too few results"));
      }
    } catch (reason) {
      if (group.length === 1 || isUnavailable(reason)) {
        for (const { reject } of group) reject(reason);
        return;
      }
      for (const member of group) await settle([member]);
    }
  }

  /** Commits a group in the name of all of its members: its calls go on while one of them waits. */
  function together(group: readonly Waiting<T, R>[]): Promise<readonly R[]> {
    const run = () => commit(group.map(({ item }) => item));
    return timing.together?.(group.map(({ call }) => call), run) ?? run();
  }

  function dropOver(): void {
    for (let at = waiting.length - 1; at >= 0; at--) {
      if (waiting[at]?.call.isOver !== true) continue;
      for (const { reject } of waiting.splice(at, 1)) reject(timedOut());
    }
  }

  function countFitting(): number {
    let size = 0;
    const limit = timing.maxGroupItems();
    const last = waiting.findIndex(({ item }, index) => {
      size += sizeOf(item);
      return index === limit || (index > 0 && size > timing.maxGroupSize);
    });
    return last === -1 ? waiting.length : last;
  }

  async function commitNext(): Promise<void> {
    isRequested = false;
    dropOver();
    const group = waiting.splice(0, countFitting());
    if (group.length === 0) return;
    underWay++;
    watchForSlowness();
    request();
    await settle(group);
    underWay--;
    if (underWay === 0) clearTimeout(slowTimer);
    request();
  }

  /** Lets another commit begin beside the one that begins now, should that take long. */
  function watchForSlowness(): void {
    if (timing.beside === undefined) return;
    clearTimeout(slowTimer);
    isSlow = false;
    slowTimer = setTimeout(() => {
      isSlow = true;
      request();
    }, timing.beside.afterMs);
  }

  function mayBegin(): boolean {
    if (underWay === 0) return true;
    if (underWay >= timing.commitsAtOnce) return false;
    return timing.beside === undefined || isSlow || waiting.length >= timing.beside.items;
  }

  function request(): void {
    if (isRequested || waiting.length === 0 || !mayBegin()) return;
    isRequested = true;
    timing.onceWritable(() => void commitNext());
  }

  const enqueue = (item: T) => (call: BoundedCall) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, call, resolve, reject });
      request();
    });
  return (item) => timing.bound?.(enqueue(item)) ?? enqueue(item)(UNBOUNDED);
}
