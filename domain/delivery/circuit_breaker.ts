/**
 * The circuit breaker of a provider on one channel: a state machine without clock and I/O. It opens when calls fail or
 * take too long, lets single calls through to try the provider (probes), and closes when they succeed.
 */
import { MINUTE_MS, SECOND_MS } from "../time/durations.ts";

/** Max outcomes that the sliding window holds; the oldest leaves it first. */
export const WINDOW_SIZE = 20;
/** An outcome leaves the window after this time, in milliseconds: rare failures open nothing. */
export const WINDOW_MS = MINUTE_MS;
/** The breaker opens when this many outcomes of the window are failures or slow; half of a full window. */
export const MAX_BAD_OUTCOMES = 10;
/**
 * A call for one message that takes this long, in milliseconds, counts as slow, whether it has ended or not. A call for
 * a batch may take longer.
 */
export const SLOW_CALL_MS = 5 * SECOND_MS;
/** Probes in a row that must succeed before the breaker closes. */
export const PROBES_TO_CLOSE = 3;
/**
 * The delay before the next probe is this share of the time since the breaker opened, within {@link PROBE_DELAY_MS}: a
 * provider that was down for ten minutes gets messages again 2.5 seconds after its recovery at the latest.
 */
const PROBE_DELAY_SHARE = 1 / 240;
/** The bounds, in milliseconds, of the delay before the next probe. */
export const PROBE_DELAY_MS = { least: SECOND_MS, most: MINUTE_MS } as const;
/** How long a probe may take, in milliseconds, before another one is made: its process may have ended. */
export const PROBE_TIMEOUT_MS = 20 * SECOND_MS;

/** How a call of a provider ended. A refusal of one message is `good`: the provider works. */
export type CallOutcome = "good" | "failed" | "slow";

/**
 * What most of the bad outcomes in the window were when a breaker opened: `errors` when at least as many calls failed as
 * were slow, `slow` otherwise.
 */
export type BreakerCause = "errors" | "slow";

/** The state of a breaker. Times are epoch milliseconds. */
export type Breaker =
  | {
    readonly phase: "closed";
    /** The last outcomes, the oldest first. */
    readonly outcomes: readonly { readonly at: number; readonly outcome: CallOutcome }[];
  }
  | {
    readonly phase: "open";
    readonly cause: BreakerCause;
    readonly since: number;
    /** When the next probe may be made. */
    readonly probeAt: number;
    /** Whether a probe is under way; another is made at `probeAt` nevertheless. */
    readonly isProbing: boolean;
    /** Probes in a row that succeeded. */
    readonly succeeded: number;
  };

/** The state at first: closed, no outcomes known. */
export const CLOSED: Breaker = { phase: "closed", outcomes: [] };

/**
 * What a breaker allows now: every call (`all`), one probe, which tries whether the provider works again, or no call.
 */
export function permitOf(breaker: Breaker, now: number): "all" | "probe" | "none" {
  if (breaker.phase === "closed") return "all";
  // A probe that is due later than any delay: the clock was set back.
  const isDue = now >= breaker.probeAt || breaker.probeAt - now > PROBE_DELAY_MS.most;
  return isDue ? "probe" : "none";
}

/** Records the outcome of a call that was not a probe. While the breaker is open it changes nothing. */
export function recordOutcome(breaker: Breaker, outcome: CallOutcome, now: number): Breaker {
  if (breaker.phase === "open") return breaker;
  const recent = breaker.outcomes.filter(({ at }) => Math.abs(now - at) < WINDOW_MS);
  const outcomes = [...recent.slice(1 - WINDOW_SIZE), { at: now, outcome }];
  const failed = countOf(outcomes, "failed");
  const slow = countOf(outcomes, "slow");
  if (failed + slow < MAX_BAD_OUTCOMES) return { phase: "closed", outcomes };
  return {
    phase: "open",
    cause: failed >= slow ? "errors" : "slow",
    since: now,
    probeAt: now + PROBE_DELAY_MS.least,
    isProbing: false,
    succeeded: 0,
  };
}

/** Records that a probe begins. Until its outcome, or for {@link PROBE_TIMEOUT_MS}, no further one is allowed. */
export function beginProbe(breaker: Breaker, now: number): Breaker {
  return breaker.phase === "closed"
    ? breaker
    : { ...breaker, isProbing: true, probeAt: now + PROBE_TIMEOUT_MS };
}

/**
 * Records the outcome of a probe. After {@link PROBES_TO_CLOSE} good ones in a row the breaker closes; a good one
 * allows the next at once; another outcome delays the next by {@link probeDelayMs}.
 */
export function endProbe(breaker: Breaker, outcome: CallOutcome, now: number): Breaker {
  if (breaker.phase === "closed") return recordOutcome(breaker, outcome, now);
  if (outcome !== "good") {
    const probeAt = now + probeDelayMs(now - breaker.since);
    return { ...breaker, isProbing: false, succeeded: 0, probeAt };
  }
  const succeeded = breaker.succeeded + 1;
  if (succeeded >= PROBES_TO_CLOSE) return CLOSED;
  return { ...breaker, isProbing: false, succeeded, probeAt: now };
}

/** Records that a probe made no call: the next one may begin at once. */
export function cancelProbe(breaker: Breaker, now: number): Breaker {
  return breaker.phase === "closed" ? breaker : { ...breaker, isProbing: false, probeAt: now };
}

/** The delay before the next probe, in milliseconds. @param openMs how long the breaker has been open, milliseconds */
function probeDelayMs(openMs: number): number {
  const { least, most } = PROBE_DELAY_MS;
  return Math.min(Math.max(Math.round(openMs * PROBE_DELAY_SHARE), least), most);
}

function countOf(
  outcomes: readonly { readonly outcome: CallOutcome }[],
  counted: CallOutcome,
): number {
  return outcomes.reduce((sum, { outcome }) => outcome === counted ? sum + 1 : sum, 0);
}
