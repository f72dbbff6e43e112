/** The state of one provider on one channel, as a process sees it. No I/O and no clock. */
import type { ProviderFault, ProviderSettings } from "../ports/provider_store.ts";
import type { SendOutcome } from "../ports/provider.ts";
import { MINUTE_MS } from "../time/durations.ts";
import {
  beginProbe,
  type Breaker,
  type CallOutcome,
  cancelProbe,
  CLOSED,
  endProbe,
  permitOf,
  PROBE_TIMEOUT_MS,
  recordOutcome,
  SLOW_CALL_MS,
} from "./circuit_breaker.ts";
import {
  changeLimit,
  createRateBucket,
  isBlocked,
  lowerRate,
  type RateBucket,
  roomOf,
  takeToken,
} from "./rate_bucket.ts";
import type { ProviderFacts } from "./select_provider.ts";

/** The delay between two probes of a provider with a fault, in milliseconds: somebody has to mend it first. */
export const FAULT_PROBE_MS = MINUTE_MS;
/**
 * Max outcomes of one call of a batch that count: a single failed call of many messages must not open the breaker.
 */
export const MAX_COUNTED_OF_BATCH = 5;

/** Codes of outcomes that say nothing about the provider: the attempt made no call. */
const NO_CALL: readonly string[] = ["too-slow", "no-provider", "compose-failed", "aborted"];

/** The state of a provider. Times are epoch milliseconds. */
export interface ProviderState {
  /** The weight by its place among the candidates, when the operator has set none. */
  readonly defaultWeight: number;
  readonly weight: number | undefined;
  readonly pause: ProviderSettings["pause"];
  readonly fault: ProviderFault | undefined;
  /** When the next probe of a fault may be made. */
  readonly faultProbeAt: number;
  readonly breaker: Breaker;
  readonly bucket: RateBucket;
  /** The last outcome that was not good; `undefined` before one. */
  readonly lastError: { readonly code: string; readonly at: number } | undefined;
}

/** The state of a provider at the start of a process. */
export function createProviderState(defaultWeight: number, now: number): ProviderState {
  return {
    defaultWeight,
    weight: undefined,
    pause: null,
    fault: undefined,
    faultProbeAt: 0,
    breaker: CLOSED,
    bucket: createRateBucket(undefined, now),
    lastError: undefined,
  };
}

/** The facts by which a provider is selected. */
export function factsOfState(state: ProviderState, now: number): ProviderFacts {
  const weight = state.weight ?? state.defaultWeight;
  if (state.pause !== null || isBlocked(state.bucket, now)) {
    return { weight, availability: "held", room: 0 };
  }
  if (state.fault !== undefined && now < state.faultProbeAt) {
    return { weight, availability: "held", room: 0 };
  }
  const permit = permitOf(state.breaker, now);
  if (permit === "none") return { weight, availability: "held", room: 0 };
  const room = roomOf(state.bucket, now);
  if (room < 1) return { weight, availability: "limited", room: 0 };
  const isProbe = permit === "probe" || state.fault !== undefined;
  return { weight, availability: isProbe ? "probe" : "ready", room };
}

/** Records that a message is about to be sent. @param isProbe whether it is the probe that the facts allowed */
export function beginSend(state: ProviderState, isProbe: boolean, now: number): ProviderState {
  const bucket = takeToken(state.bucket, now);
  if (!isProbe) return { ...state, bucket };
  return {
    ...state,
    bucket,
    faultProbeAt: now + PROBE_TIMEOUT_MS,
    breaker: beginProbe(state.breaker, now),
  };
}

/** Records that a message which was about to be sent was not: no call was made. */
export function cancelSend(state: ProviderState, isProbe: boolean, now: number): ProviderState {
  if (!isProbe) return state;
  return { ...state, faultProbeAt: now, breaker: cancelProbe(state.breaker, now) };
}

/**
 * Records the outcomes of a call, one for each message.
 *
 * @param isProbe whether a message of the call was a probe
 * @param tookMs how long the call took, in milliseconds
 * @param isCounted whether the call was counted as slow already, before it ended
 */
export function endSend(
  state: ProviderState,
  outcomes: readonly SendOutcome[],
  { isProbe, tookMs, isCounted }: {
    readonly isProbe: boolean;
    readonly tookMs: number;
    readonly isCounted: boolean;
  },
  now: number,
): ProviderState {
  const called = outcomes.filter((outcome) =>
    !("code" in outcome) || !NO_CALL.includes(outcome.code)
  );
  if (called.length === 0) return cancelSend(state, isProbe, now);
  const failure = called.find((outcome) => outcome.kind === "provider-fault") ??
    called.find((outcome) => outcome.kind !== "accepted");
  const withError = failure === undefined
    ? state
    : { ...state, lastError: { code: failure.code, at: now } };
  const limited = applyThrottling(withError, called, now);
  const judged = called.filter((outcome) => !isThrottled(outcome)).slice(0, MAX_COUNTED_OF_BATCH);
  const isSlow = tookMs >= SLOW_CALL_MS;
  const results = judged.map((outcome) => toCallOutcome(outcome, isSlow));
  const faulted = applyFault(limited, failure, isProbe, now);
  return {
    ...faulted,
    breaker: countResults(faulted.breaker, results, { isProbe, isCounted }, now),
  };
}

/** Records that a call has lasted for {@link SLOW_CALL_MS} and has not ended. */
export function recordSlowCall(state: ProviderState, now: number): ProviderState {
  return { ...state, breaker: recordOutcome(state.breaker, "slow", now) };
}

/** Takes over the stored settings, and a fault that another process has found or seen end. */
export function applySettings(
  state: ProviderState,
  settings: Omit<ProviderSettings, "name"> | undefined,
  now: number,
): ProviderState {
  const fault = settings?.fault ?? undefined;
  return {
    ...state,
    weight: settings?.weight ?? undefined,
    pause: settings?.pause ?? null,
    bucket: changeLimit(state.bucket, settings?.ratePerSecond ?? undefined, now),
    fault,
    faultProbeAt: fault !== undefined && state.fault === undefined
      ? now + FAULT_PROBE_MS
      : state.faultProbeAt,
  };
}

/** Whether a provider refused because it gets too many requests: its codes end in 429, or the adapter says so. */
export function isThrottled(outcome: SendOutcome): boolean {
  return outcome.kind === "retry" &&
    (outcome.throttled === true ||
      outcome.outcome === "not-sent" && outcome.code.endsWith("429"));
}

function applyThrottling(
  state: ProviderState,
  outcomes: readonly SendOutcome[],
  now: number,
): ProviderState {
  const throttled = outcomes.find(isThrottled);
  if (throttled === undefined) return state;
  const afterMs = throttled.kind === "retry" ? throttled.afterMs : undefined;
  return { ...state, bucket: lowerRate(state.bucket, afterMs, now) };
}

/** A fault pauses the provider; a message that the provider takes or refuses as such ends the fault. */
function applyFault(
  state: ProviderState,
  failure: Exclude<SendOutcome, { kind: "accepted" }> | undefined,
  isProbe: boolean,
  now: number,
): ProviderState {
  if (failure?.kind === "provider-fault") {
    const since = state.fault?.since ?? now;
    return {
      ...state,
      fault: { code: failure.code, since },
      faultProbeAt: now + FAULT_PROBE_MS,
    };
  }
  if (state.fault === undefined || !isProbe) return state;
  return failure?.kind === "retry"
    ? { ...state, faultProbeAt: now + FAULT_PROBE_MS }
    : { ...state, fault: undefined };
}

function toCallOutcome(outcome: SendOutcome, isSlow: boolean): CallOutcome {
  if (outcome.kind === "retry") return "failed";
  return isSlow ? "slow" : "good";
}

function countResults(
  breaker: Breaker,
  results: readonly CallOutcome[],
  { isProbe, isCounted }: { readonly isProbe: boolean; readonly isCounted: boolean },
  now: number,
): Breaker {
  if (isProbe) {
    // Throttled, or a fault: the provider answers.
    const worst = results.find((result) => result !== "good") ?? "good";
    return endProbe(breaker, worst, now);
  }
  const counted = isCounted ? results.slice(1) : results;
  return counted.reduce((state, result) => recordOutcome(state, result, now), breaker);
}
