/** The upkeep of the database, in small steps. Of several processes, one at a time does each task. */
import type { Clock } from "../domain/ports/clock.ts";
import type { WorkBudget } from "../domain/ports/invocation.ts";
import type { ReceiptStore } from "../domain/ports/receipt_store.ts";
import type { Retention } from "../domain/ports/retention.ts";
import type { UpkeepLease, UpkeepLeases, UpkeepTask } from "../domain/ports/upkeep_leases.ts";
import { MINUTE_MS } from "../domain/time/durations.ts";
import { sleep } from "./sleep.ts";
import { type Needs, suffices, UNLIMITED } from "./work_budget.ts";

/**
 * Max rows that one step (one call of the store) deletes from a table, and max messages whose receipts one step
 * applies.
 */
export const UPKEEP_STEP = 200;
/**
 * How long an unmatched receipt (of a notification that was not known yet) waits before the next try, in milliseconds.
 */
export const SWEEP_AFTER_MS = MINUTE_MS;
/** How long a process keeps a task after its last sign of life. */
const UPKEEP_LEASE_MS = MINUTE_MS;
/**
 * How long crons and loops let a task rest after it came to its end, in milliseconds: crons run each minute, and each
 * process begins the upkeep every ten minutes, some a little earlier.
 */
export const UPKEEP_REST_MS = 9.25 * MINUTE_MS;
/** The least pause after a step. */
const MIN_PAUSE_MS = 5;
/** The pause after a step, in times of the step's own duration: the upkeep takes a third of the database at most. */
const PAUSE_FACTOR = 2;

/** What an invocation must have left to take a step, and to release the lease after it. */
const A_STEP: Needs = { ms: 10_000, calls: 12 };

/** The dependencies of {@link createUpkeep}. */
export interface UpkeepPorts {
  readonly clock: Pick<Clock, "now">;
  readonly leases: UpkeepLeases;
  readonly receipts: Pick<ReceiptStore, "sweep">;
  readonly retention: Retention;
  /** What the invocation that does the upkeep may still do; without limits by default. */
  readonly budget?: WorkBudget | undefined;
}

/** What a step, or a run of steps, has left. */
interface StepResult {
  readonly isDone: boolean;
  /** Where the next step goes on. */
  readonly position: string | undefined;
}

/**
 * Does the upkeep once.
 *
 * @param restMs tasks that came to their end less than this time ago are skipped, in milliseconds; 0 by default
 */
export type RunUpkeep = (signal: AbortSignal, restMs?: number) => Promise<void>;

/** A step of a task, from a position. */
type Step = (position: string | undefined) => Promise<StepResult>;

/**
 * Creates the function that does the upkeep once. It runs two tasks concurrently: applying stored receipts whose
 * notification was not known when they came, and deleting rows whose retention period has passed. It ends when both are
 * done or the signal is aborted. A task that another process is doing, or has just done, is skipped. After each step a
 * task pauses for twice the step's time, so that it takes at most a third of the database's time, and both together two
 * thirds. A task whose lease was lost ends without an error, and the next run goes on from its position. When tasks fail,
 * it rejects with the first one's error after both have ended.
 */
export function createUpkeep(
  { clock, leases, receipts, retention, budget = UNLIMITED }: UpkeepPorts,
): RunUpkeep {
  /** Takes steps while the lease is held. */
  async function takeSteps(
    lease: UpkeepLease,
    step: Step,
    signal: AbortSignal,
  ): Promise<StepResult> {
    let left: StepResult = { isDone: false, position: lease.position };
    let renewAt = clock.now() + UPKEEP_LEASE_MS / 2;
    while (!signal.aborted && suffices(budget, A_STEP)) {
      const startedAt = performance.now();
      left = await step(left.position);
      if (left.isDone) break;
      await sleep(
        Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (performance.now() - startedAt)),
        signal,
      );
      const now = clock.now();
      if (now < renewAt) continue;
      if (!await lease.renew(now)) break;
      renewAt = now + UPKEEP_LEASE_MS / 2;
    }
    return left;
  }

  async function runTask(
    task: UpkeepTask,
    step: Step,
    signal: AbortSignal,
    restMs: number,
  ): Promise<void> {
    const lease = await leases.acquire(task, clock.now(), UPKEEP_LEASE_MS, restMs);
    if (lease === undefined) return;
    let left: StepResult = { isDone: false, position: lease.position };
    try {
      left = await takeSteps(lease, step, signal);
    } finally {
      await lease.release(left.position, left.isDone ? clock.now() : undefined);
    }
  }

  async function sweep(after: string | undefined): Promise<StepResult> {
    const now = clock.now();
    const position = await receipts.sweep(now - SWEEP_AFTER_MS, UPKEEP_STEP, now, after);
    return { isDone: position === undefined, position };
  }

  async function purge(): Promise<StepResult> {
    const deleted = await retention.purge(clock.now(), UPKEEP_STEP);
    return { isDone: deleted === 0, position: undefined };
  }

  return async (signal, restMs = 0) => {
    const results = await Promise.allSettled([
      runTask("receipts", sweep, signal, restMs),
      runTask("retention", purge, signal, restMs),
    ]);
    const failed = results.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  };
}
