/** Whether this process can do its work, for monitoring and load balancers. */
import type { Clock } from "../domain/ports/clock.ts";
import type { ReadinessStore, StoreState } from "../domain/ports/readiness_store.ts";
import { isRequestIsolated } from "./isolated_requests.ts";
import type { LoopWatch } from "./loop_watch.ts";

/** How long a report is given again, in milliseconds: however often it is asked for, the store is asked once in it. */
export const REPORT_TTL_MS = 1_000;
/** How long the store may take, in milliseconds; monitoring gives up after a few seconds itself. */
const STATE_TIMEOUT_MS = 2_000;

/** The state of one part. */
export type CheckState = "ok" | "unavailable";

/** The report. It has no names and no counts of services: everybody may read it. */
export interface ReadinessReport {
  readonly status: CheckState;
  readonly checks: {
    /** Whether the store answers a read in time. */
    readonly store: CheckState;
    /** Whether the store has the schema that this code needs; `unknown` while the store does not answer. */
    readonly schema: CheckState | "unknown";
    /** Whether the loop of background work makes its passes; `ok` where no loop runs, as on Workers. */
    readonly worker: CheckState;
    /** By how much this machine's clock is ahead of the store's. */
    readonly clock_skew_ms: number;
    /** For how many seconds the oldest due work has waited; `null` while the store does not answer. */
    readonly oldest_due_s: number | null;
  };
}

/** Reports readiness. */
export interface Readiness {
  /** The report: the last one when it is younger than {@link REPORT_TTL_MS}. Never rejects. */
  report(): Promise<ReadinessReport>;
}

/** Ports of {@link createReadiness}. */
export interface ReadinessPorts {
  readonly store: ReadinessStore;
  readonly clock: Pick<Clock, "now"> & { skewMs?(): number };
  readonly loop: Pick<LoopWatch, "isAlive">;
  /** Due work that has waited longer makes the report `unavailable`. */
  readonly maxOldestDueS: number;
  /** A clock that never goes back, in milliseconds. */
  readonly elapsed?: () => number;
  readonly stateTimeoutMs?: number;
}

/** Creates the reports. Requests that come while the store is being asked get its one answer. */
export function createReadiness(ports: ReadinessPorts): Readiness {
  const { elapsed = () => performance.now(), stateTimeoutMs = STATE_TIMEOUT_MS } = ports;
  let last: { readonly report: ReadinessReport; readonly at: number } | undefined;
  let underWay: { readonly report: Promise<ReadinessReport>; readonly since: number } | undefined;

  async function ask(): Promise<ReadinessReport> {
    const report = await check(ports, stateTimeoutMs);
    last = { report, at: elapsed() };
    underWay = undefined;
    return report;
  }

  return {
    async report() {
      if (last !== undefined && elapsed() - last.at < REPORT_TTL_MS) return last.report;
      const isUnderWay = underWay !== undefined && elapsed() - underWay.since <= stateTimeoutMs;
      // An isolated request may not wait for another one's read of the store; the last report holds meanwhile.
      if (isUnderWay && isRequestIsolated() && last !== undefined) return last.report;
      if (isUnderWay && !isRequestIsolated() && underWay !== undefined) return underWay.report;
      const report = ask();
      underWay = { report, since: elapsed() };
      return await report;
    },
  };
}

async function check(
  { clock, loop, maxOldestDueS, store }: ReadinessPorts,
  timeoutMs: number,
): Promise<ReadinessReport> {
  const state = await readState(store, timeoutMs);
  const oldestDueS = state === undefined
    ? null
    : Math.max(0, Math.floor((clock.now() - (state.oldestDueAt ?? Infinity)) / 1000));
  const checks = {
    store: toState(state !== undefined),
    schema: state === undefined ? "unknown" : toState(state.hasSchema),
    worker: toState(loop.isAlive()),
    clock_skew_ms: Math.round(clock.skewMs?.() ?? 0),
    oldest_due_s: oldestDueS,
  } as const;
  const isReady = state?.hasSchema === true && loop.isAlive() && oldestDueS !== null &&
    oldestDueS <= maxOldestDueS;
  return { status: toState(isReady), checks };
}

/** The state of the store, or `undefined` when it cannot be read in time. */
async function readState(
  store: ReadinessStore,
  timeoutMs: number,
): Promise<StoreState | undefined> {
  const tooLate = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => tooLate.resolve(undefined), timeoutMs);
  try {
    return await Promise.race([store.readState(), tooLate.promise]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function toState(isOk: boolean): CheckState {
  return isOk ? "ok" : "unavailable";
}
