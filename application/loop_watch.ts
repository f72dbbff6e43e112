import { MINUTE_MS } from "../domain/time/durations.ts";
import type { BackgroundWork } from "./worker_loop.ts";

/** How long after its last pass began the loop counts as alive: a pass may take a minute. */
export const LOOP_SILENCE_MS = 3 * MINUTE_MS;

/** Watches whether the loop of background work makes its passes. */
export interface LoopWatch {
  /** Returns the same work, for the loop to run. Its passes are watched from now on. */
  watch(work: BackgroundWork): BackgroundWork;
  /** Whether the loop makes its passes; `true` where no loop runs, as on Workers, whose cron makes them. */
  isAlive(): boolean;
}

/** Creates a watch. @param now a clock that never goes back, in milliseconds */
export function createLoopWatch(now: () => number = () => performance.now()): LoopWatch {
  let lastPassAt: number | undefined;
  return {
    watch(work) {
      lastPassAt = now();
      return {
        ...work,
        // Every pass asks this first; an idle one does nothing else.
        nextDueAt() {
          lastPassAt = now();
          return work.nextDueAt();
        },
      };
    },
    isAlive: () => lastPassAt === undefined || now() - lastPassAt <= LOOP_SILENCE_MS,
  };
}
