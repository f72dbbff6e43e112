import type { Clock } from "../domain/ports/clock.ts";
import type { ReceiptStore } from "../domain/ports/receipt_store.ts";
import type { Retention } from "../domain/ports/retention.ts";
import { JobError } from "../domain/jobs/job_error.ts";
import type { JobRunner } from "./jobs/job_runner.ts";
import type { Log } from "../domain/ports/log.ts";
import type { Dispatcher } from "./delivery/dispatcher.ts";
import { MINUTE_MS } from "../domain/time/durations.ts";

/** How long the loop rests when nothing was due. */
export const IDLE_POLL_INTERVAL_MS = 500;
/** How long one turn of it goes on at most while there is always more, so that deletion gets its turn too. */
export const MAX_PASS_MS = MINUTE_MS;
/** How long a request's own tick begins attempts. */
export const DISPATCH_TRIGGER_MS = 20_000;
/** How often what has had its time is deleted. */
export const PURGE_EVERY_MS = 10 * MINUTE_MS;
/** The most rows of a kind that one step of deletion takes. */
export const PURGE_LIMIT = 200;
/** A breath between two steps: an embedded database answers without letting anything else run. */
const BREATH_MS = 5;
/** How long a receipt waits for its notification before it is looked for again. */
export const SWEEP_AFTER_MS = MINUTE_MS;

/** One turn of everything that happens by itself; what a cron calls. */
export interface BackgroundWork {
  /**
   * Begins attempts at what is due until nothing more is.
   *
   * @returns when the attempts have ended (one that hangs holds up no other), and what broke it off, if so
   */
  dispatch(signal: AbortSignal): Promise<Dispatched>;
  /** Takes on the rows of jobs until no job is due; beside {@link dispatch}, not before it. */
  runJobs(signal: AbortSignal): Promise<void>;
  /** Applies what was left behind, and deletes until nothing more has had its time. */
  purge(signal: AbortSignal): Promise<void>;
}

/** What a turn of {@link BackgroundWork.dispatch} has begun. */
export interface Dispatched {
  /** Never rejects. */
  readonly ended: Promise<void>;
  readonly failure?: unknown;
}

/** Makes the tick that every runtime calls. */
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
      const begun = new Set<Promise<void>>();
      while (!signal.aborted) {
        const { claimed, full, ended, failure } = await dispatcher.dispatchOnce();
        const tracked = ended.finally(() => begun.delete(tracked));
        begun.add(tracked);
        if (failure !== undefined) return { ended: allOf(begun), failure };
        if (claimed === 0 && !full) break;
        // More may be due where there was no room; meanwhile something may become due where there is.
        if (claimed === 0) await restUntil(dispatcher.freed(), signal);
      }
      return { ended: allOf(begun) };
    },
    async runJobs(signal) {
      while (!signal.aborted && await jobs.runOnce(signal));
    },
    async purge(signal) {
      await receipts.sweep(clock.now() - SWEEP_AFTER_MS, PURGE_LIMIT, clock.now());
      while (!signal.aborted && await retention.purge(clock.now(), PURGE_LIMIT) > 0) {
        await rest(BREATH_MS, signal);
      }
    },
  };
}

async function allOf(begun: Iterable<Promise<void>>): Promise<void> {
  await Promise.all(begun);
}

/** Dispatches, and logs what broke it off. */
async function dispatch(
  tick: Pick<BackgroundWork, "dispatch">,
  signal: AbortSignal,
  log: Log,
): Promise<Dispatched> {
  const dispatched = await tick.dispatch(signal);
  if (dispatched.failure !== undefined) {
    log({ event: "dispatch-failed", ...toLogFields(dispatched.failure) });
  }
  return dispatched;
}

/** What a loop works with. */
interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Makes what sends at once what is due, after a request that accepted many: it goes on until nothing more is due, or for
 * {@link DISPATCH_TRIGGER_MS}. A failure is logged; what is left is for the next tick.
 */
export function createDispatchTrigger(
  tick: Pick<BackgroundWork, "dispatch">,
  log: Log,
): () => Promise<void> {
  return async () => {
    try {
      const { ended } = await dispatch(tick, AbortSignal.timeout(DISPATCH_TRIGGER_MS), log);
      await ended;
    } catch (error) {
      log({ event: "dispatch-failed", error: error instanceof Error ? error.name : "unknown" });
    }
  };
}

/**
 * Ticks until the signal aborts, then waits for the attempts under way. A failure is logged and the loop goes on: the next turn may find the database back.
 */
export async function runLoop(tick: BackgroundWork, options: LoopOptions): Promise<void> {
  await Promise.all([runDispatch(tick, options), runJobs(tick, options)]);
}

/**
 * One turn of everything, as a cron calls it; then the attempts under way are waited for. A failure is logged and takes
 * nothing else with it.
 */
export async function runCron(
  tick: BackgroundWork,
  { log, signal }: Omit<LoopOptions, "clock">,
): Promise<void> {
  async function safely<T>(event: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      log({ event, ...toLogFields(error) });
      return undefined;
    }
  }
  const [before] = await Promise.all([
    safely("dispatch-failed", () => dispatch(tick, signal, log)),
    safely("jobs-failed", () => tick.runJobs(signal)),
  ]);
  // What jobs have put in meanwhile.
  const after = await safely("dispatch-failed", () => dispatch(tick, signal, log));
  await safely("dispatch-failed", () => tick.purge(signal));
  await Promise.all([before?.ended, after?.ended]);
}

/** What of a failure may be logged. */
function toLogFields(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof JobError) {
    const { serviceId, jobId, cause } = error;
    return { ...toLogFields(cause), service_id: serviceId, job_id: jobId };
  }
  return { error: error instanceof Error ? error.name : "unknown" };
}

/** Lists are taken on in a loop of their own, so that what is due is not held up by them. */
async function runJobs(tick: BackgroundWork, { log, signal }: LoopOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      await tick.runJobs(signal);
    } catch (error) {
      log({ event: "jobs-failed", ...toLogFields(error) });
    }
    await rest(IDLE_POLL_INTERVAL_MS, signal);
  }
}

async function runDispatch(
  tick: BackgroundWork,
  { clock, log, signal }: LoopOptions,
): Promise<void> {
  let purgeAt = 0;
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      const turn = AbortSignal.any([signal, AbortSignal.timeout(MAX_PASS_MS)]);
      const { ended } = await dispatch(tick, turn, log);
      const tracked = ended.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
      if (clock.now() >= purgeAt) {
        purgeAt = clock.now() + PURGE_EVERY_MS;
        await tick.purge(signal);
      }
    } catch (error) {
      log({ event: "dispatch-failed", error: error instanceof Error ? error.name : "unknown" });
    }
    await rest(IDLE_POLL_INTERVAL_MS, signal);
  }
  await Promise.all(underWay);
}

/** Rests no longer than until `done`. */
async function restUntil(done: Promise<void>, signal: AbortSignal): Promise<void> {
  const soon = new AbortController();
  await Promise.race([done, rest(IDLE_POLL_INTERVAL_MS, AbortSignal.any([signal, soon.signal]))]);
  soon.abort();
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
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
