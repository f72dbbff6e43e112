import { MINUTE_MS } from "../domain/time/durations.ts";
import type { BackgroundWork } from "./background/background_work.ts";

/**
 * How long after the beginning of its last pass the loop counts as alive, in milliseconds. A pass may take a minute.
 */
export const LOOP_SILENCE_MS = 3 * MINUTE_MS;

/** Watches whether the background loop of this process is still running, for the readiness report. */
export interface LoopWatch {
  /**
   * Returns `work`, changed so that the beginning of each pass of the loop is recorded. Give it to the loop instead of
   * `work`.
   */
  watch(work: BackgroundWork): BackgroundWork;
  /**
   * Whether a pass began within {@link LOOP_SILENCE_MS}; `true` when no work is watched, as on Workers, where cron runs
   * the work.
   */
  isAlive(): boolean;
}

/** Creates a watch. @param now a monotonic clock, in milliseconds */
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
