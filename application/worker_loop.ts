/** Background work: sending, jobs and retention, as a loop of a process and as a cron job. */
import { JobError } from "../domain/jobs/job_error.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { Log } from "../domain/ports/log.ts";
import type { ReceiptStore } from "../domain/ports/receipt_store.ts";
import type { Retention } from "../domain/ports/retention.ts";
import { MINUTE_MS } from "../domain/time/durations.ts";
import type { Dispatcher } from "./delivery/dispatcher.ts";
import type { JobRunner } from "./jobs/job_runner.ts";

/** How long the loop sleeps when nothing is due. */
const IDLE_POLL_INTERVAL_MS = 500;
/** The most time that one pass of the loop dispatches while more is always due, so that retention also runs. */
const MAX_PASS_MS = MINUTE_MS;
/** How long a dispatch that a request triggers starts attempts. */
const DISPATCH_TRIGGER_MS = 20_000;
/** How often retention deletes expired rows. */
const PURGE_EVERY_MS = 10 * MINUTE_MS;
/** Max rows of a table that one step of retention deletes. */
const PURGE_LIMIT = 200;
/** The pause between two steps of retention: an embedded database blocks everything else while it runs. */
const PURGE_PAUSE_MS = 5;
/** How long an unmatched receipt waits before it is matched again. */
const SWEEP_AFTER_MS = MINUTE_MS;

/** The work that no request waits for. */
export interface BackgroundWork {
  /**
   * Starts attempts until nothing more is due.
   *
   * @returns the end of the attempts (an attempt that hangs blocks no other), and the error that stopped the dispatch
   */
  dispatch(signal: AbortSignal): Promise<Dispatched>;
  /** Accepts the rows of jobs until no job is due. Runs beside {@link dispatch}, so that neither blocks the other. */
  runJobs(signal: AbortSignal): Promise<void>;
  /** Applies unmatched receipts, then deletes rows until none has outlived its retention period. */
  purge(signal: AbortSignal): Promise<void>;
}

/** The attempts that {@link BackgroundWork.dispatch} has started. */
export interface Dispatched {
  /** Never rejects. */
  readonly ended: Promise<void>;
  readonly failure?: unknown;
}

/** The dependencies of the loop. */
interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Creates the background work that every runtime runs. */
export function createBackgroundWork(
  { dispatcher, jobs, receipts, retention, clock }: {
    readonly dispatcher: Dispatcher;
    readonly jobs: JobRunner;
    readonly receipts: ReceiptStore;
    readonly retention: Retention;
    readonly clock: Clock;
  },
): BackgroundWork {
  return {
    async dispatch(signal) {
      const inFlight = new Set<Promise<void>>();
      while (!signal.aborted) {
        const { claimed, full, ended, failure } = await dispatcher.dispatchOnce();
        track(inFlight, ended);
        if (failure !== undefined) return { ended: allOf(inFlight), failure };
        if (claimed === 0 && !full) break;
        // A channel without capacity may have more that is due; the other channels are polled meanwhile.
        if (claimed === 0) await sleepUntil(dispatcher.freed(), signal);
      }
      return { ended: allOf(inFlight) };
    },
    async runJobs(signal) {
      while (!signal.aborted && await jobs.runOnce(signal));
    },
    async purge(signal) {
      await receipts.sweep(clock.now() - SWEEP_AFTER_MS, PURGE_LIMIT, clock.now());
      while (!signal.aborted && await retention.purge(clock.now(), PURGE_LIMIT) > 0) {
        await sleep(PURGE_PAUSE_MS, signal);
      }
    },
  };
}

/**
 * Creates a trigger that dispatches immediately, for a request that accepted many notifications. It starts attempts
 * until nothing more is due, or for {@link DISPATCH_TRIGGER_MS}; the loop does the rest. Failures are logged.
 */
export function createDispatchTrigger(
  work: Pick<BackgroundWork, "dispatch">,
  log: Log,
): () => Promise<void> {
  return async () => {
    try {
      const { ended } = await dispatch(work, AbortSignal.timeout(DISPATCH_TRIGGER_MS), log);
      await ended;
    } catch (error) {
      log({ event: "dispatch-failed", error: error instanceof Error ? error.name : "unknown" });
    }
  };
}

/**
 * Runs the background work until the signal aborts, then waits for attempts in flight. A failure is logged and the loop
 * continues: the database may be back at the next pass.
 */
export async function runLoop(work: BackgroundWork, options: LoopOptions): Promise<void> {
  await Promise.all([runDispatch(work, options), runJobs(work, options)]);
}

/**
 * Runs the background work once, as a cron job does, then waits for the attempts in flight. A failure is logged and does
 * not stop the other parts of the work.
 */
export async function runCron(
  work: BackgroundWork,
  { log, signal }: Omit<LoopOptions, "clock">,
): Promise<void> {
  async function logFailure<T>(event: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      log({ event, ...toLogFields(error) });
      return undefined;
    }
  }
  const [first] = await Promise.all([
    logFailure("dispatch-failed", () => dispatch(work, signal, log)),
    logFailure("jobs-failed", () => work.runJobs(signal)),
  ]);
  // Sends the notifications that jobs have accepted meanwhile.
  const second = await logFailure("dispatch-failed", () => dispatch(work, signal, log));
  await logFailure("dispatch-failed", () => work.purge(signal));
  await Promise.all([first?.ended, second?.ended]);
}

/** Dispatches, and logs the error that stopped it. */
async function dispatch(
  work: Pick<BackgroundWork, "dispatch">,
  signal: AbortSignal,
  log: Log,
): Promise<Dispatched> {
  const dispatched = await work.dispatch(signal);
  if (dispatched.failure !== undefined) {
    log({ event: "dispatch-failed", ...toLogFields(dispatched.failure) });
  }
  return dispatched;
}

/** Jobs have a loop of their own, so that they do not delay the messages that are due. */
async function runJobs(work: BackgroundWork, { log, signal }: LoopOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      await work.runJobs(signal);
    } catch (error) {
      log({ event: "jobs-failed", ...toLogFields(error) });
    }
    await sleep(IDLE_POLL_INTERVAL_MS, signal);
  }
}

async function runDispatch(
  work: BackgroundWork,
  { clock, log, signal }: LoopOptions,
): Promise<void> {
  let purgeAt = 0;
  const inFlight = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      const pass = AbortSignal.any([signal, AbortSignal.timeout(MAX_PASS_MS)]);
      const { ended } = await dispatch(work, pass, log);
      track(inFlight, ended);
      if (clock.now() >= purgeAt) {
        purgeAt = clock.now() + PURGE_EVERY_MS;
        await work.purge(signal);
      }
    } catch (error) {
      log({ event: "dispatch-failed", error: error instanceof Error ? error.name : "unknown" });
    }
    await sleep(IDLE_POLL_INTERVAL_MS, signal);
  }
  await Promise.all(inFlight);
}

/** The fields of an error that may be logged: its message may quote personal data. */
function toLogFields(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof JobError) {
    const { serviceId, jobId, cause } = error;
    return { ...toLogFields(cause), service_id: serviceId, job_id: jobId };
  }
  return { error: error instanceof Error ? error.name : "unknown" };
}

/** Keeps a promise in the set while it is pending. */
function track(inFlight: Set<Promise<void>>, ended: Promise<void>): void {
  const tracked = ended.finally(() => inFlight.delete(tracked));
  inFlight.add(tracked);
}

async function allOf(inFlight: Iterable<Promise<void>>): Promise<void> {
  await Promise.all(inFlight);
}

/** Sleeps until `done`, and at most for the idle interval. */
async function sleepUntil(done: Promise<void>, signal: AbortSignal): Promise<void> {
  const awake = new AbortController();
  const either = AbortSignal.any([signal, awake.signal]);
  await Promise.race([done, sleep(IDLE_POLL_INTERVAL_MS, either)]);
  awake.abort();
}

/** Resolves after a time, or when the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
