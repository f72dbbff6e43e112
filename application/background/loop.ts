/** The background work as a loop of a process. */
import { errorName } from "../../domain/text/error_name.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Log } from "../../domain/ports/log.ts";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import { toLogFields } from "../log_failures.ts";
import { sleep } from "../sleep.ts";
import { UPKEEP_REST_MS } from "../upkeep.ts";
import { type BackgroundWork, track } from "./background_work.ts";
import { dispatch } from "./dispatch.ts";

/**
 * How long a loop sleeps when nothing is due: other processes may have added work. What is due earlier ends the sleep.
 */
const IDLE_POLL_INTERVAL_MS = 500;
/** How long the loop sleeps when it has dispatched and more is due already. */
const BUSY_POLL_INTERVAL_MS = 50;
/** How long the loop sleeps when what is due waits for its providers: they are held back, or a rate limit is exhausted. */
const HELD_POLL_INTERVAL_MS = 200;
/** How long one pass of the loop dispatches at most, while more is always due. */
const MAX_PASS_MS = MINUTE_MS;
/** How often the loop begins the upkeep. */
const UPKEEP_EVERY_MS = 10 * MINUTE_MS;

/** The dependencies of the loop. */
interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Runs the background work repeatedly until the signal is aborted, then waits for attempts in flight. Sending, jobs,
 * callbacks, dead letters and upkeep each have a loop, so that none delays the others. A failure is logged and the loop continues,
 * because the database may be available again.
 */
export async function runLoop(work: BackgroundWork, options: LoopOptions): Promise<void> {
  await Promise.all([
    runDispatch(work, options),
    runRepeatedly((signal) => work.runJobs(signal), "jobs-failed", options),
    runRepeatedly(() => work.announcePauses(), "pause-announcement-failed", options),
    runRepeatedly((signal) => work.runCallbacks(signal), "callbacks-failed", options),
    runRepeatedly((signal) => work.runDeadLetters(signal), "dead-letters-failed", options),
    runUpkeep(work, options),
  ]);
}

/** Jobs, callbacks and dead letters have loops of their own, so that they do not delay the messages that are due. */
async function runRepeatedly(
  run: (signal: AbortSignal) => Promise<unknown>,
  failed: string,
  { log, signal }: LoopOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await run(signal);
    } catch (error) {
      log({ event: failed, ...toLogFields(error) });
    }
    await sleep(IDLE_POLL_INTERVAL_MS, signal);
  }
}

async function runDispatch(
  work: BackgroundWork,
  { clock, log, signal }: LoopOptions,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  let sleepMs = 0;
  while (!signal.aborted) {
    try {
      const dueAt = await work.nextDueAt();
      const waitMs = dueAt === undefined ? Infinity : dueAt - clock.now();
      sleepMs = Math.min(waitMs, IDLE_POLL_INTERVAL_MS);
      if (waitMs <= 0) {
        const pass = AbortSignal.any([signal, AbortSignal.timeout(MAX_PASS_MS)]);
        const { ended, held, failure } = await dispatch(work, pass, log);
        track(inFlight, ended.then(() => {}));
        sleepMs = failure !== undefined
          ? IDLE_POLL_INTERVAL_MS
          : held === true
          ? HELD_POLL_INTERVAL_MS
          : BUSY_POLL_INTERVAL_MS;
      }
    } catch (error) {
      log({ event: "dispatch-failed", error: errorName(error) });
      sleepMs = IDLE_POLL_INTERVAL_MS;
    }
    await sleep(sleepMs, signal);
  }
  await Promise.all(inFlight);
}

/** The upkeep has a loop of its own, so that no message waits for it. */
async function runUpkeep(work: BackgroundWork, { log, signal }: LoopOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      await work.purge(signal, UPKEEP_REST_MS);
    } catch (error) {
      log({ event: "upkeep-failed", ...toLogFields(error) });
    }
    await sleep(UPKEEP_EVERY_MS, signal);
  }
}
