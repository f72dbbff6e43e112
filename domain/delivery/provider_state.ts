/** The state of one provider on one channel, as a process sees it. No I/O and no clock. */
import type { ProviderFault, ProviderSettings } from "../ports/provider_store.ts";
import type { SendOutcome } from "../ports/provider.ts";
import { MINUTE_MS, SECOND_MS } from "../time/durations.ts";
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
  refillMs,
  roomOf,
  takeToken,
} from "./rate_bucket.ts";
import type { ProviderFacts } from "./select_provider.ts";

/**
 * The delay before the next probe of a provider with a fault is this share of the time since the fault began, within
 * {@link FAULT_PROBE_DELAY_MS}: short at first, since the fault may be that of one service's sender.
 */
const FAULT_PROBE_SHARE = 1 / 10;
/** The bounds, in milliseconds, of the delay before the next probe of a provider with a fault. */
export const FAULT_PROBE_DELAY_MS = { least: SECOND_MS, most: MINUTE_MS } as const;
/**
 * Max outcomes of one batch call that the circuit breaker counts: a single failed call of many messages must not open
 * it.
 */
export const MAX_COUNTED_OF_BATCH = 5;

/** Codes of outcomes that say nothing about the provider: the attempt made no call. */
const NO_CALL: readonly string[] = [
  "too-slow",
  "no-provider",
  "compose-failed",
  "aborted",
  "calls-used-up",
  "token-calls-used-up",
];

/** The state of a provider on one channel in this process. Times are epoch milliseconds. */
export interface ProviderState {
  /**
   * The weight when the operator has set none: 100 for the channel's first provider, 0 for the others, which are used
   * only while it is held back.
   */
  readonly defaultWeight: number;
  readonly weight: number | undefined;
  readonly pause: ProviderSettings["pause"];
  readonly fault: ProviderFault | undefined;
  /** While it has a fault: when the next probe (a message that tries whether the provider works again) may be sent. */
  readonly faultProbeAt: number;
  readonly breaker: Breaker;
  readonly bucket: RateBucket;
  /**
   * The code and time of the last outcome for which the provider, and not the message, was the reason; `undefined`
   * before one.
   */
  readonly lastError: { readonly code: string; readonly at: number } | undefined;
}

/**
 * The state of a provider at the start of a process: nothing is known of it, and it may be called.
 *
 * @param defaultWeight its weight when the operator has set none
 */
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

/**
 * The facts by which `selectProvider` selects among the providers of a channel: weight, availability and free rate
 * limit.
 */
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

/**
 * When a provider can be called again that may not be called now, epoch milliseconds; `now` for one that may, and
 * `undefined` for one that a person paused.
 */
export function availableAt(state: ProviderState, now: number): number | undefined {
  if (state.pause !== null) return undefined;
  const { availability } = factsOfState(state, now);
  if (availability === "ready" || availability === "probe") return now;
  // Its rate limit has a token again within the time that one message takes.
  if (availability === "limited") return now + refillMs(state.bucket, now);
  const blockedUntil = isBlocked(state.bucket, now) ? state.bucket.blockedUntil : now;
  const probeAt = state.breaker.phase === "open" ? state.breaker.probeAt : now;
  const faultProbeAt = state.fault === undefined ? now : state.faultProbeAt;
  return Math.max(blockedUntil, probeAt, faultProbeAt);
}

/**
 * Records that a message is about to be sent: it takes a token of the rate limit, and a probe also delays the next one.
 *
 * @param isProbe whether it is the probe that the facts allowed
 */
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

/**
 * Records that a message for which {@link beginSend} was called was not sent, because no call was made. After a probe,
 * the next one may begin at once. The token of the rate limit stays taken.
 */
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
    called.find((outcome) => outcome.kind === "retry");
  const withError = failure === undefined || "ofRecipient" in failure
    ? state
    : { ...state, lastError: { code: failure.code, at: now } };
  const limited = applyThrottling(withError, called, now);
  const counted = called.filter((outcome) => !isThrottled(outcome)).slice(0, MAX_COUNTED_OF_BATCH);
  const isSlow = outcomes.length === 1 && tookMs >= SLOW_CALL_MS;
  const results = counted.map((outcome) => toCallOutcome(outcome, isSlow));
  const faulted = applyFault(limited, called, isProbe, now);
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
    // A process that learns of an old fault makes a probe at once: on Workers it may live for a single event.
    faultProbeAt: fault !== undefined && state.fault === undefined
      ? Math.min(nextFaultProbe(fault, now), fault.since + FAULT_PROBE_DELAY_MS.most)
      : state.faultProbeAt,
  };
}

/** Whether a provider refused because it gets too many requests: its codes end in 429, or the adapter says so. */
function isThrottled(outcome: SendOutcome): boolean {
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

/**
 * A fault that is not one service's pauses the provider, unless it took another message of the same call. A probe that
 * the provider takes, or refuses for the recipient's or the message's sake, ends the fault.
 */
function applyFault(
  state: ProviderState,
  called: readonly SendOutcome[],
  isProbe: boolean,
  now: number,
): ProviderState {
  const isWorking = called.some(({ kind }) => kind === "accepted");
  const found = called.find((outcome) =>
    outcome.kind === "provider-fault" && outcome.scope === "provider"
  );
  if (found?.kind === "provider-fault" && !isWorking) {
    const fault = { code: found.code, since: state.fault?.since ?? now };
    return { ...state, fault, faultProbeAt: nextFaultProbe(fault, now) };
  }
  if (state.fault === undefined || !isProbe) return state;
  return isWorking || called.some(({ kind }) => kind === "rejected")
    ? { ...state, fault: undefined }
    : { ...state, faultProbeAt: nextFaultProbe(state.fault, now) };
}

function nextFaultProbe({ since }: ProviderFault, now: number): number {
  const { least, most } = FAULT_PROBE_DELAY_MS;
  return now + Math.min(Math.max(Math.round((now - since) * FAULT_PROBE_SHARE), least), most);
}

function toCallOutcome(outcome: SendOutcome, isSlow: boolean): CallOutcome {
  if (outcome.kind === "retry" && outcome.ofRecipient !== true) return "failed";
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
