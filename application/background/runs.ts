/** The background work of one invocation: a cron event, or the tail of a request. */
import { errorName } from "../../domain/text/error_name.ts";
import type { Log } from "../../domain/ports/log.ts";
import { logFailures, type Parts } from "../log_failures.ts";
import { sleepUntil } from "../sleep.ts";
import { UPKEEP_REST_MS } from "../upkeep.ts";
import type { BackgroundWork, Dispatched, JobsRun } from "./background_work.ts";
import { dispatch } from "./dispatch.ts";

/**
 * How long the tail of a request begins new work, in milliseconds. What began last then has 6 of the 30 seconds that the
 * platform gives a tail.
 */
export const MAX_TAIL_WORK_MS = 24_000;
/** How long a cron sends, in milliseconds: the rest of its time is for callbacks and the upkeep. */
const CRON_SENDING_MS = 40_000;
/** How long an invocation whose jobs accept messages waits before it dispatches again, in milliseconds. */
const PASS_INTERVAL_MS = 1_000;

/** What one invocation has done. */
export interface WorkDone {
  /** How many notifications were claimed. */
  readonly claimed: number;
  /** How many messages providers, or inboxes, accepted. */
  readonly sent: number;
  /** Whether a part of the work failed, such as for an unavailable database. */
  readonly hasFailed: boolean;
  /** Whether it left due work to the next invocation. */
  readonly more: boolean;
}

/** The log, and what ends the run. */
interface RunOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Creates a function that dispatches at once, for a request that accepted many notifications. It starts attempts until
 * nothing more is due, or for {@link MAX_TAIL_WORK_MS}, and waits for them; the background loop or the cron sends the
 * rest. It never rejects: failures are logged.
 */
export function createDispatchTrigger(
  work: Pick<BackgroundWork, "dispatch">,
  log: Log,
): () => Promise<void> {
  return async () => {
    try {
      const { ended } = await dispatch(work, AbortSignal.timeout(MAX_TAIL_WORK_MS), log);
      await ended;
    } catch (error) {
      log({ event: "dispatch-failed", error: errorName(error) });
    }
  };
}

/**
 * Runs the background work once, for a cron trigger, then waits for the attempts in flight. A failure is logged and
 * does not stop the other parts of the work.
 */
export async function runCron(
  work: BackgroundWork,
  { log, signal }: RunOptions,
): Promise<WorkDone> {
  const parts = logFailures(log);
  // Callbacks and the upkeep have a share of the time, however much is due to be sent.
  const sending = AbortSignal.any([signal, AbortSignal.timeout(CRON_SENDING_MS)]);
  const sent = await sendWhile(
    work,
    (each) => [
      each("jobs-failed", () => work.runJobs(sending)),
      each("pause-announcement-failed", () => work.announcePauses()),
      each("dead-letters-failed", () => work.runDeadLetters(sending)),
    ],
    { log, signal: sending },
    parts,
  );
  // Consumers of the work queue do the rest before the next cron.
  if (sent.more) await parts.run("announcement-failed", () => work.announceUnfinished());
  await parts.run("callbacks-failed", () => work.runCallbacks(signal));
  await parts.run("upkeep-failed", () => work.purge(signal, UPKEEP_REST_MS));
  return await toWorkDone(sent, parts);
}

/**
 * Begins the jobs that a request has made ready, and sends their messages, in the tail of the request; the next cron
 * goes on. It never rejects: failures are logged.
 */
export async function runTail(
  work: Pick<BackgroundWork, "dispatch" | "runJobs">,
  { log, signal }: RunOptions,
): Promise<WorkDone> {
  const parts = logFailures(log);
  const startJobs = (each: Parts["run"]) => [each("jobs-failed", () => work.runJobs(signal))];
  const sent = await sendWhile(work, startJobs, { log, signal }, parts);
  return await toWorkDone(sent, parts);
}

/** The dispatches of {@link sendWhile}, and whether work is left. */
interface Sent {
  readonly passes: readonly Dispatched[];
  readonly more: boolean;
}

/** Dispatches again and again while other parts accept or redrive messages, and once more when they have ended. */
async function sendWhile(
  work: Pick<BackgroundWork, "dispatch">,
  startParts: (run: Parts["run"]) => readonly Promise<JobsRun | void | undefined>[],
  { log, signal }: RunOptions,
  { run }: Parts,
): Promise<Sent> {
  const dispatchOnce = () => run("dispatch-failed", () => dispatch(work, signal, log));
  const first = dispatchOnce();
  let areOver = false;
  const parts = Promise.all(startParts(run)).finally(() => areOver = true);
  const passes = [await first];
  for (let isLast = false; !isLast && passes.at(-1)?.more !== true;) {
    await sleepUntil(parts.then(() => {}), PASS_INTERVAL_MS, signal);
    isLast = areOver;
    passes.push(await dispatchOnce());
  }
  const more = (await parts).some((part) => part?.more === true) || passes.at(-1)?.more === true;
  return { passes: passes.filter((pass) => pass !== undefined), more };
}

/** Waits for the attempts in flight. */
async function toWorkDone({ passes, more }: Sent, { hasFailed }: Parts): Promise<WorkDone> {
  const accepted = await Promise.all(passes.map(({ ended }) => ended));
  return {
    claimed: passes.reduce((sum, { claimed }) => sum + claimed, 0),
    sent: accepted.reduce((sum, count) => sum + count, 0),
    more,
    hasFailed: hasFailed() || passes.some(({ failure }) => failure !== undefined),
  };
}
