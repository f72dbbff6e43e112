/** The time of a run: it goes on as this machine's does, and the run sets it. */
export interface MovedClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Sets the time, in epoch milliseconds. */
  set(at: number): void;
}

/** Creates a clock with this machine's time. */
export function createMovedClock(): MovedClock {
  let [at, setAt] = [Date.now(), performance.now()];
  return {
    now: () => Math.floor(at + performance.now() - setAt),
    set(to) {
      [at, setAt] = [to, performance.now()];
    },
  };
}
