/** Background work: sending, jobs, callbacks, dead letters and retention, as a loop of a process and as a cron job. */
import type { Clock } from "../domain/ports/clock.ts";
import type { WorkBudget } from "../domain/ports/invocation.ts";
import type { Log } from "../domain/ports/log.ts";
import type { Outbox } from "../domain/ports/outbox.ts";
import { MINUTE_MS } from "../domain/time/durations.ts";
import type { KeyUses } from "./access/key_uses.ts";
import { type CallbackWorker, sendDueCallbacks } from "./callbacks/callback_worker.ts";
import type { RunDeadLetterCommands } from "./dead_letters/dead_letter_worker.ts";
import type { Dispatcher } from "./delivery/dispatcher.ts";
import type { ProviderHealth } from "./delivery/provider_health.ts";
import type { JobRunner } from "./jobs/job_runner.ts";
import { logFailures, type Parts, toLogFields } from "./log_failures.ts";
import { sleep, sleepUntil } from "./sleep.ts";
import { createUpkeep, type UpkeepPorts } from "./upkeep.ts";
import { A_CHUNK, type Needs, suffices, UNLIMITED } from "./work_budget.ts";

/**
 * How long a loop sleeps when nothing is due: other processes may have added work. What is due earlier ends the sleep.
 */
const IDLE_POLL_INTERVAL_MS = 500;
/** How long the loop sleeps when it has dispatched and more is due already. */
const BUSY_POLL_INTERVAL_MS = 50;
/** How long the loop sleeps when what is due waits for its providers: they are held back, or a rate limit is exhausted. */
const HELD_POLL_INTERVAL_MS = 200;
/** The most time that one pass of the loop dispatches while more is always due. */
const MAX_PASS_MS = MINUTE_MS;
/** How long a dispatch that a request triggers starts attempts. */
const DISPATCH_TRIGGER_MS = 20_000;
/** How long a cron sends at most: the rest of its time is for callbacks and the upkeep. */
const CRON_SENDING_MS = 40_000;
/** How long an invocation whose jobs accept messages waits before it looks for these again. */
const PASS_INTERVAL_MS = 1_000;
/** What a pass over the deliveries of a callback needs, and the record of it. */
const CALLBACKS: Needs = { ms: 25_000, calls: 12 };
/** What one step of the upkeep, or of a command over dead letters, needs. */
const A_STEP: Needs = { ms: 10_000, calls: 12 };
/** How often the loop does the upkeep. */
const UPKEEP_EVERY_MS = 10 * MINUTE_MS;

/**
 * The work of a process that no request waits for: sending from the outbox, bulk jobs, callbacks to services, and the
 * upkeep of the database.
 */
export interface BackgroundWork {
  /**
   * Returns the earliest time at which {@link dispatch} may find a due notification, in epoch milliseconds: in the past
   * when one is due. It may be too early. `undefined` when none waits.
   */
  nextDueAt(): Promise<number | undefined>;
  /**
   * Claims due notifications and starts attempts to send them, until nothing more is due, the signal is aborted, or a
   * claim fails, or the invocation can do no more. It does not wait for the attempts, so that one that hangs delays no
   * other.
   */
  dispatch(signal: AbortSignal): Promise<Dispatched>;
  /**
   * Accepts the rows of bulk jobs until no job is due, or the invocation can do no more. Run it concurrently with {@link
   * dispatch}.
   */
  runJobs(signal: AbortSignal): Promise<JobsRun>;
  /** Sends a message to each person whose list was paused for its failures. Run it concurrently with {@link dispatch}. */
  announcePauses(): Promise<void>;
  /** Sends the callbacks that are due. Run it concurrently with {@link dispatch}. */
  runCallbacks(signal: AbortSignal): Promise<void>;
  /**
   * Redrives and drops dead letters by the commands that are under way. Run it concurrently with {@link dispatch}.
   */
  runDeadLetters(signal: AbortSignal): Promise<void>;
  /**
   * Applies stored receipts that were not applied yet, and deletes all rows whose retention period has passed. Writes when
   * API keys were last used.
   */
  purge(signal: AbortSignal): Promise<void>;
  /** Announces to the work queue what is due and not begun; does nothing without a queue. */
  announceUnfinished(): Promise<void>;
}

/** The result of {@link BackgroundWork.dispatch}. */
export interface Dispatched {
  /** How many notifications were claimed. */
  readonly claimed: number;
  /**
   * Resolves when all attempts that were started have ended, with the number of messages that providers accepted. Never
   * rejects.
   */
  readonly ended: Promise<number>;
  /**
   * Whether messages may be due that wait for their providers (failing, paused, or at a rate limit); absent means no.
   */
  readonly held?: boolean;
  /** Present when more may be due that the signal or the budget of the invocation left: the next one goes on. */
  readonly more?: true;
  /** The error of the claim that ended the dispatch early; absent when none failed. */
  readonly failure?: unknown;
}

/** The result of {@link BackgroundWork.runJobs}. */
export interface JobsRun {
  /** Present when jobs may be due that the signal or the budget of the invocation left: the next one goes on. */
  readonly more?: true;
}

/** What one invocation has done. */
export interface WorkDone {
  /** How many notifications were claimed. */
  readonly claimed: number;
  /** How many messages providers, or inboxes, accepted. */
  readonly sent: number;
  /** Whether a part of the work failed, such as for an unavailable database. */
  readonly hasFailed: boolean;
  /** Whether it left work that the next one should begin with. */
  readonly more: boolean;
}

/** The dependencies of the loop. */
interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Creates the background work of a process. {@link runLoop} or {@link runCron} runs it. */
export function createBackgroundWork(
  {
    dispatcher,
    outbox,
    jobs,
    announcePauses,
    callbacks,
    runDeadLetters,
    health,
    keyUses,
    announceUnfinished,
    budget = UNLIMITED,
    ...ports
  }:
    & UpkeepPorts
    & {
      readonly dispatcher: Pick<Dispatcher, "dispatchOnce" | "freed">;
      readonly outbox: Pick<Outbox, "nextDueAt">;
      readonly jobs: Pick<JobRunner, "runOnce">;
      /** Tells people that their lists were paused; absent where no message is sent. */
      readonly announcePauses?: (() => Promise<void>) | undefined;
      readonly callbacks: CallbackWorker;
      readonly runDeadLetters: RunDeadLetterCommands;
      /** The settings of providers, which other processes change; read before each look for due work. */
      readonly health: Pick<ProviderHealth, "refresh">;
      /** The uses of API keys that this process noted; the upkeep writes them. */
      readonly keyUses?: Pick<KeyUses, "write"> | undefined;
      /** Puts messages about unfinished work into the work queue; absent where there is none. */
      readonly announceUnfinished?: (() => Promise<void>) | undefined;
      /** What the invocation that does the work may still do; without limits by default. */
      readonly budget?: WorkBudget | undefined;
    },
): BackgroundWork {
  const upkeep = createUpkeep({ ...ports, budget });
  return {
    async nextDueAt() {
      await health.refresh();
      return await outbox.nextDueAt();
    },
    async dispatch(signal) {
      const inFlight = new Set<Promise<void>>();
      let isHeld = false;
      let allClaimed = 0;
      let accepted = 0;
      const result = () => ({
        claimed: allClaimed,
        ended: Promise.all(inFlight).then(() => accepted),
      });
      while (!signal.aborted) {
        const { claimed, full, held, more, ended, failure } = await dispatcher.dispatchOnce();
        allClaimed += claimed;
        track(inFlight, ended.then((count) => void (accepted += count)));
        if (failure !== undefined) return { ...result(), failure };
        if (more === true) return { ...result(), held: isHeld, more };
        isHeld = held;
        if (claimed === 0 && !full) return { ...result(), held: isHeld };
        // A channel without capacity may have more that is due; the other channels are polled meanwhile.
        if (claimed === 0) await sleepUntil(dispatcher.freed(), IDLE_POLL_INTERVAL_MS, signal);
      }
      return { ...result(), held: isHeld, more: true };
    },
    async runJobs(signal) {
      while (!signal.aborted && suffices(budget, A_CHUNK)) {
        if (!await jobs.runOnce(signal)) return {};
      }
      return { more: true };
    },
    async announcePauses() {
      await announcePauses?.();
    },
    async runCallbacks(signal) {
      await sendDueCallbacks(callbacks, signal, () => suffices(budget, CALLBACKS));
    },
    async runDeadLetters(signal) {
      if (suffices(budget, A_STEP)) await runDeadLetters(signal);
    },
    async purge(signal) {
      if (!suffices(budget, A_STEP)) return;
      try {
        await keyUses?.write();
      } finally {
        await upkeep(signal);
      }
    },
    async announceUnfinished() {
      await announceUnfinished?.();
    },
  };
}

/**
 * Creates a function that dispatches at once, for a request that accepted many notifications. It starts attempts until
 * nothing more is due, or for 20 seconds, and waits for them; the background loop sends the rest. It never rejects:
 * failures are logged.
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

/**
 * Runs the background work once, for a cron trigger, then waits for the attempts in flight. A failure is logged and
 * does not stop the other parts of the work.
 */
export async function runCron(
  work: BackgroundWork,
  { log, signal }: Omit<LoopOptions, "clock">,
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
  // Consumers of the work queue do it before the next cron.
  if (sent.more) await parts.run("announcement-failed", () => work.announceUnfinished());
  await parts.run("callbacks-failed", () => work.runCallbacks(signal));
  await parts.run("upkeep-failed", () => work.purge(signal));
  return await toWorkDone(sent, parts);
}

/**
 * Begins the jobs that a request has made ready, and sends their messages, in the tail of the request; the next cron
 * goes on. It never rejects: failures are logged.
 */
export async function runTail(
  work: Pick<BackgroundWork, "dispatch" | "runJobs">,
  { log, signal }: Omit<LoopOptions, "clock">,
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
  { log, signal }: Omit<LoopOptions, "clock">,
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
      log({ event: "dispatch-failed", error: error instanceof Error ? error.name : "unknown" });
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
      await work.purge(signal);
    } catch (error) {
      log({ event: "upkeep-failed", ...toLogFields(error) });
    }
    await sleep(UPKEEP_EVERY_MS, signal);
  }
}

/** Keeps a promise in the set while it is pending. */
function track(inFlight: Set<Promise<void>>, ended: Promise<void>): void {
  const tracked = ended.finally(() => inFlight.delete(tracked));
  inFlight.add(tracked);
}
