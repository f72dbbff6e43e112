/** Ends long waits together: an end wakes the process, and the caller's next request does so again. */

/** The waits that end together: those whose ends would be within one such step, in milliseconds. */
export const END_STEP_MS = 1_000;
/** Waits from this length on end together, in milliseconds. */
const SHARED_FROM_MS = 10_000;

/** Ends waits. */
export interface SharedEnds {
  /**
   * Calls `end` after `ms` milliseconds: a wait of 10 seconds or more up to {@link END_STEP_MS} earlier, with others.
   *
   * @returns a function that cancels the call
   */
  after(ms: number, end: () => void): () => void;
}

interface Group {
  readonly ends: Set<() => void>;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Creates the ends of a process. */
export function createSharedEnds(): SharedEnds {
  /** The waits by their ends, in milliseconds of the monotonic clock. */
  const groups = new Map<number, Group>();

  function open(at: number, ms: number): Group {
    const ends = new Set<() => void>();
    const timer = setTimeout(() => {
      groups.delete(at);
      for (const end of ends) end();
    }, ms);
    const group = { ends, timer };
    groups.set(at, group);
    return group;
  }

  return {
    after(ms, end) {
      if (ms < SHARED_FROM_MS) {
        const timer = setTimeout(end, ms);
        return () => clearTimeout(timer);
      }
      const now = performance.now();
      const at = Math.floor((now + ms) / END_STEP_MS) * END_STEP_MS;
      const group = groups.get(at) ?? open(at, at - now);
      group.ends.add(end);
      return () => {
        if (!group.ends.delete(end) || group.ends.size > 0 || groups.get(at) !== group) return;
        clearTimeout(group.timer);
        groups.delete(at);
      };
    },
  };
}
