/** The worker of commands over many dead letters: redrives or drops them step by step. */
import type { Clock } from "../../domain/ports/clock.ts";
import type { DeadLetterStore } from "../../domain/ports/dead_letter_store.ts";
import { sleep } from "../sleep.ts";

/** The pause after a step, in times of the step's own duration: a command takes a third of the database at most. */
const PAUSE_FACTOR = 2;
/** The least pause after a step, in milliseconds. */
const MIN_PAUSE_MS = 5;
/**
 * How often a process looks for a command, in milliseconds; a look at a server is a round trip.
 */
const LOOK_EVERY_MS = 2_000;

/** Takes the steps of all commands that are under way, one after the other. After an abort it takes no further step. */
export type RunDeadLetterCommands = (signal: AbortSignal) => Promise<void>;

/**
 * Creates the worker of a process. The progress of a command is stored with each step, so any process goes on where one
 * has ended.
 */
export function createDeadLetterWorker(
  { store, clock }: {
    readonly store: Pick<DeadLetterStore, "takeStep">;
    readonly clock: Pick<Clock, "now" | "monotonic">;
  },
): RunDeadLetterCommands {
  let lookAt = -Infinity;
  return async (signal) => {
    if (clock.monotonic() < lookAt) return;
    lookAt = clock.monotonic() + LOOK_EVERY_MS;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      if (!await store.takeStep(clock.now())) return;
      const pauseMs = Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (clock.monotonic() - startedAt));
      await sleep(pauseMs, signal);
    }
  };
}
