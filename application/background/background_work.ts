/** Background work: sending, jobs, callbacks, dead letters and retention. {@link BackgroundWork} is run by `loop.ts` and `runs.ts`. */
import type { WorkBudget } from "../../domain/ports/invocation.ts";
import type { Outbox } from "../../domain/ports/outbox.ts";
import type { KeyUses } from "../access/key_uses.ts";
import {
  type CallbackWorker,
  CALLS_A_CALLBACK,
  sendDueCallbacks,
} from "../callbacks/callback_worker.ts";
import type { RunDeadLetterCommands } from "../dead_letters/dead_letter_worker.ts";
import type { Dispatcher } from "../delivery/dispatcher.ts";
import type { ProviderHealth } from "../delivery/provider_health.ts";
import type { JobRunner } from "../jobs/job_runner.ts";
import { sleepUntil } from "../sleep.ts";
import { createUpkeep, type UpkeepPorts } from "../upkeep.ts";
import { A_CHUNK, type Needs, suffices, UNLIMITED } from "../work_budget.ts";

/** How long a dispatch waits for capacity before it polls the other channels, in milliseconds. */
const CAPACITY_POLL_MS = 500;
/** What a pass over the deliveries of a callback needs, and the record of it. */
const CALLBACKS: Needs = { ms: 25_000, calls: CALLS_A_CALLBACK };
/** What one step of the upkeep, or of a command over dead letters, needs. */
const A_STEP: Needs = { ms: 10_000, calls: 12 };

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
   * Applies stored receipts that were not applied yet, and deletes all rows whose retention period has passed; what was
   * done less than `restMs` ago (0 by default) is skipped. Writes when API keys were last used.
   */
  purge(signal: AbortSignal, restMs?: number): Promise<void>;
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

/** Creates the background work of a process. `runLoop` or `runCron` runs it. */
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
      /** Sends people the news that their lists were paused; absent where no message is sent. */
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
        // A cron event may be the first work of a process for long, and a dispatch may take long.
        await health.refresh();
        const { claimed, full, held, more, ended, failure } = await dispatcher.dispatchOnce();
        if (more === true) {
          if (inFlight.size === 0) return { ...result(), held: isHeld, more };
          // Most messages need less than was set aside for them.
          await Promise.all(inFlight);
          continue;
        }
        allClaimed += claimed;
        track(inFlight, ended.then((count) => void (accepted += count)));
        if (failure !== undefined) return { ...result(), failure };
        isHeld = held;
        if (claimed === 0 && !full) return { ...result(), held: isHeld };
        // A channel without capacity may have more that is due; the other channels are polled meanwhile.
        if (claimed === 0) await sleepUntil(dispatcher.freed(), CAPACITY_POLL_MS, signal);
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
    async purge(signal, restMs) {
      if (!suffices(budget, A_STEP)) return;
      try {
        await keyUses?.write();
      } finally {
        await upkeep(signal, restMs);
      }
    },
    async announceUnfinished() {
      await announceUnfinished?.();
    },
  };
}

/** Keeps a promise in the set while it is pending. */
export function track(inFlight: Set<Promise<void>>, ended: Promise<void>): void {
  const tracked = ended.finally(() => inFlight.delete(tracked));
  inFlight.add(tracked);
}
