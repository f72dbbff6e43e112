/** Whether this process can do its work, for monitoring and load balancers. */
import type { Clock } from "../domain/ports/clock.ts";
import type { ReadinessStore, StoreState } from "../domain/ports/readiness_store.ts";
import type { Channel } from "../domain/service/service.ts";
import { isRequestIsolated } from "./isolated_requests.ts";
import type { LoopWatch } from "./loop_watch.ts";

/** How long a report is cached, in milliseconds, so that frequent requests for it do not load the store. */
export const REPORT_TTL_MS = 1_000;
/** How long the store may take, in milliseconds; monitoring gives up after a few seconds itself. */
const STATE_TIMEOUT_MS = 2_000;

/** The state of one check, or of all. */
export type CheckState = "ok" | "unavailable";

/** The body of `GET /readyz`. It needs no credential, so it has no names or numbers of services. */
export interface ReadinessReport {
  /** `ok` when every check is `ok` and the oldest due work has not waited too long. The clock skew does not count. */
  readonly status: CheckState;
  readonly checks: {
    /** Whether the store (the database) answers a read within 2 seconds. */
    readonly store: CheckState;
    /** Whether the store has the schema that this code needs; `unknown` while the store does not answer. */
    readonly schema: CheckState | "unknown";
    /** Whether the background loop is running; `ok` when this process has none, as on Workers. */
    readonly worker: CheckState;
    /** By how many milliseconds this machine's clock is ahead of the store's; negative when it is behind. */
    readonly clock_skew_ms: number;
    /**
     * For how many seconds the oldest work that is due has waited, 0 if none is; `null` while the store does not
     * answer.
     */
    readonly oldest_due_s: number | null;
  };
}

/** Reports whether this process can do its work. */
export interface Readiness {
  /** Returns a new report, or the last one when it is younger than {@link REPORT_TTL_MS}. Never rejects. */
  report(): Promise<ReadinessReport>;
}

/** Dependencies of {@link createReadiness}. */
export interface ReadinessPorts {
  readonly store: ReadinessStore;
  readonly clock: Pick<Clock, "now"> & { skewMs?(): number };
  readonly loop: Pick<LoopWatch, "isAlive">;
  /**
   * The channels whose messages wait for their providers, or did within so many milliseconds: they are held back by an
   * outage that is not this process's. None by default.
   */
  readonly heldChannels?: (withinMs: number) => readonly Channel[];
  /** When due work has waited for more seconds than this, the report is `unavailable`. */
  readonly maxOldestDueS: number;
  /** A monotonic clock, in milliseconds; `performance.now` by default. */
  readonly elapsed?: () => number;
  /** How long the store may take to answer; 2 seconds by default. */
  readonly stateTimeoutMs?: number;
}

/** Creates the readiness reports of a process. Concurrent requests for a report share one read of the store. */
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
  { clock, heldChannels = () => [], loop, maxOldestDueS, store }: ReadinessPorts,
  timeoutMs: number,
): Promise<ReadinessReport> {
  const state = await readState(store, heldChannels(maxOldestDueS * 1000), timeoutMs);
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
  held: readonly Channel[],
  timeoutMs: number,
): Promise<StoreState | undefined> {
  const tooLate = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => tooLate.resolve(undefined), timeoutMs);
  try {
    return await Promise.race([store.readState(held), tooLate.promise]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function toState(isOk: boolean): CheckState {
  return isOk ? "ok" : "unavailable";
}
