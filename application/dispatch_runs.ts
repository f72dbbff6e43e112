/** Runs of the background work that a request starts: an outside scheduler calls this deployment, every minute say. */
import type { Clock } from "../domain/ports/clock.ts";
import type { Log } from "../domain/ports/log.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/time/durations.ts";
import type { BackgroundWork } from "./background/background_work.ts";
import { runCron } from "./background/runs.ts";

/** The most calls of a process in a minute that are considered; a further one is refused. */
export const MAX_DISPATCH_CALLS = 60;
/** How long a run starts new work, in milliseconds. Outside schedulers wait for an answer for 30 seconds and more. */
const DISPATCH_RUN_MS = 15 * SECOND_MS;
/**
 * After how many milliseconds a run counts as over, although its end was not noticed: a Worker's request that is cut off
 * runs nothing more, not even what would record its end.
 */
export const MAX_DISPATCH_RUN_MS = MINUTE_MS;

/** The result of a call. */
export type DispatchRun =
  /** The work was run: how many notifications were claimed and accepted by providers, and whether more is due. */
  | {
    readonly kind: "done";
    readonly claimed: number;
    readonly sent: number;
    readonly more: boolean;
  }
  /** A part of the work failed, such as for an unavailable database. */
  | { readonly kind: "failed" }
  /** An earlier call's run is under way in this process. */
  | { readonly kind: "running" }
  /** {@link MAX_DISPATCH_CALLS} were made within a minute. */
  | { readonly kind: "limited"; readonly retryAfterS: number };

/** Runs the background work once, as a cron job does. Never rejects. */
export type RunDispatch = () => Promise<DispatchRun>;

/** Dependencies of {@link createDispatchRuns}. */
export interface DispatchRunPorts {
  readonly work: BackgroundWork;
  /** Reads the store as requests do, whose time is short: background work waits longer for a store that is silent. */
  readonly reachStore: () => Promise<unknown>;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** Aborted when the server stops: a run then starts nothing new. */
  readonly stopping?: AbortSignal | undefined;
  /** A monotonic clock, in milliseconds; `performance.now` by default. */
  readonly elapsed?: () => number;
}

/**
 * Creates the runs of a process. One is under way at a time. Those of several processes do not harm each other, as each
 * notification is leased to one of them.
 */
export function createDispatchRuns(ports: DispatchRunPorts): RunDispatch {
  const { elapsed = () => performance.now() } = ports;
  let since = -Infinity;
  let calls = 0;
  let running: number | undefined;

  /** Counts a call. @returns after how many milliseconds another is allowed; 0 when this one is */
  function count(now: number): number {
    if (now - since >= MINUTE_MS) {
      since = now;
      calls = 0;
    }
    if (calls >= MAX_DISPATCH_CALLS) return since + MINUTE_MS - now;
    calls++;
    return 0;
  }

  return async () => {
    const now = elapsed();
    const waitMs = count(now);
    if (waitMs > 0) return { kind: "limited", retryAfterS: Math.ceil(waitMs / SECOND_MS) };
    if (running !== undefined && now - running < MAX_DISPATCH_RUN_MS) return { kind: "running" };
    running = now;
    try {
      return await run(ports);
    } finally {
      if (running === now) running = undefined;
    }
  };
}

async function run(
  { work, reachStore, clock, log, stopping }: DispatchRunPorts,
): Promise<DispatchRun> {
  try {
    await reachStore();
  } catch {
    return { kind: "failed" };
  }
  const budget = AbortSignal.timeout(DISPATCH_RUN_MS);
  const signal = stopping === undefined ? budget : AbortSignal.any([budget, stopping]);
  const { claimed, sent, more, hasFailed } = await runCron(work, { log, signal });
  if (hasFailed) return { kind: "failed" };
  try {
    const dueAt = await work.nextDueAt();
    const isDue = dueAt !== undefined && dueAt <= clock.now();
    return { kind: "done", claimed, sent, more: more || isDue };
  } catch {
    return { kind: "failed" };
  }
}
