/** Bounds how much work of one kind runs at the same time. */

/** A semaphore: a limited number of slots for work. Slots are given in the order in which they were requested. */
export interface Slots {
  /**
   * Waits for a slot.
   *
   * @returns a function that frees the slot; further calls of it have no effect
   * @throws the signal's reason when it is aborted at the call, even if a slot is free, or while waiting. An abort
   * later on does not free the slot
   */
  acquire(signal: AbortSignal): Promise<() => void>;
}

/** Creates `count` slots, all free. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  function release(): void {
    const [next] = waiting;
    if (next === undefined) free++;
    else {
      waiting.delete(next);
      next();
    }
  }

  function releaseOnce(): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      release();
    };
  }

  return {
    async acquire(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free--;
        return releaseOnce();
      }
      await new Promise<void>((resolve, reject) => {
        const start = () => {
          signal.removeEventListener("abort", stop);
          resolve();
        };
        const stop = () => {
          waiting.delete(start);
          reject(signal.reason);
        };
        waiting.add(start);
        signal.addEventListener("abort", stop, { once: true });
      });
      return releaseOnce();
    },
  };
}
