/** Decides by the result of a callback's try: when the next try is, and how the endpoint does. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time/durations.ts";

/** The reasons why a call gets no answer. */
const CALL_FAILURES = [
  /** The URL is not allowed any more, or an address of its host is not public. */
  "address-refused",
  /** The host's name has no address. */
  "name-not-found",
  "connection-failed",
  "certificate-refused",
  "timed-out",
  /** The answer is not HTTP, or its head is too large. */
  "answer-not-valid",
  /** The invocation of a Worker may make no more calls: the endpoint was not called, and nothing is known of it. */
  "not-called",
] as const;
/** Why a call got no answer. */
export type CallFailure = typeof CALL_FAILURES[number];

/** The result of one call to an endpoint. */
export type CallResult =
  | {
    readonly status: number;
    /** The value of the header `Retry-After`, not parsed yet. */
    readonly retryAfter?: string | undefined;
  }
  | { readonly failure: CallFailure };

/** How many times a delivery is tried; after the last failure it is `failed`. */
export const MAX_TRIES = 8;
/** The waits after the first try, the second and so on, before jitter: 24 hours in all. */
const DELAYS_MS = [
  5 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  15 * HOUR_MS + 23 * MINUTE_MS + 55 * SECOND_MS,
] as const;
/** The least share of a wait that jitter leaves. */
const LEAST_SHARE = 0.85;
/** The longest `Retry-After` of an endpoint that is obeyed, in milliseconds; a longer one counts as this. */
export const MAX_RETRY_AFTER_MS = DAY_MS;
/**
 * How many tries in a row fail before the endpoint is paused: nothing is sent to it for 30 seconds at first, then
 * longer.
 */
export const FAILURES_BEFORE_PAUSE = 5;
const FIRST_PAUSE_MS = 30 * SECOND_MS;
/** The longest pause, in milliseconds, of an endpoint that fails; after it one delivery is tried. */
export const MAX_PAUSE_MS = 10 * MINUTE_MS;
/** The longest pause, in milliseconds, of an endpoint that asks for it by `Retry-After` with a status 429 or 503. */
export const MAX_ASKED_PAUSE_MS = HOUR_MS;

/** The statuses from 400 to 499 after which a delivery is tried again. */
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429]);
/** Statuses whose `Retry-After` is about the endpoint, not about one delivery. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);
const GONE = 410;

/**
 * What a result means. `done`: delivered. `retry`: a later try may succeed. `refused`: this delivery is given up.
 * `gone`: the endpoint answered 410, and nothing is sent to it any more.
 */
export type CallMeaning = "done" | "retry" | "refused" | "gone";

/**
 * Decides what a result means. 2xx is `done`, 410 is `gone`, and other statuses from 400 to 499 are `refused`, but for
 * 408, 425 and 429. The rest is `retry`, also redirects, which are never followed: the endpoint may be mended.
 */
export function meaningOf(result: CallResult): CallMeaning {
  if ("failure" in result) return "retry";
  const { status } = result;
  if (status >= 200 && status < 300) return "done";
  if (status === GONE) return "gone";
  return status >= 400 && status < 500 && !RETRIED.has(status) ? "refused" : "retry";
}

/**
 * When a delivery that failed is tried again, in epoch milliseconds; `undefined` when it has had {@link MAX_TRIES}.
 *
 * @param tries how many tries it has had, the last one included
 * @param random a number in [0, 1)
 */
export function nextTryAt(
  result: CallResult,
  tries: number,
  now: number,
  random: number,
): number | undefined {
  const delay = DELAYS_MS[tries - 1];
  if (delay === undefined) return undefined;
  const jittered = delay * (LEAST_SHARE + (1 - LEAST_SHARE) * random);
  return Math.round(now + Math.max(jittered, askedWaitMs(result, now)));
}

/** How long `Retry-After` asks to wait, in milliseconds, at most {@link MAX_RETRY_AFTER_MS}; 0 without a valid one. */
function askedWaitMs(result: CallResult, now: number): number {
  if ("failure" in result || result.retryAfter === undefined) return 0;
  const text = result.retryAfter.trim();
  const ms = /^[0-9]{1,15}$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** How well an endpoint has answered lately. */
export interface EndpointHealth {
  /** How many tries failed since the last that succeeded. */
  readonly failures: number;
  /** Until when nothing is sent, in epoch milliseconds; 0 when it is not paused. */
  readonly pausedUntil: number;
}

/** The health of an endpoint of which nothing bad is known. */
export const HEALTHY: EndpointHealth = { failures: 0, pausedUntil: 0 };

/** The health after a further result. @param random a number in [0, 1) */
export function healthAfter(
  { failures: before, pausedUntil }: EndpointHealth,
  result: CallResult,
  now: number,
  random: number,
): EndpointHealth {
  const isPaused = pausedUntil > now;
  if (meaningOf(result) === "done") return { failures: 0, pausedUntil: isPaused ? pausedUntil : 0 };
  // The calls that were in flight when the pause began are part of the failure that it began with.
  if (isPaused) return { failures: before, pausedUntil };
  const failures = before + 1;
  const isBusy = "status" in result && BUSY.has(result.status);
  const asked = isBusy ? Math.min(askedWaitMs(result, now), MAX_ASKED_PAUSE_MS) : 0;
  const doubled = failures < FAILURES_BEFORE_PAUSE
    ? 0
    : Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - FAILURES_BEFORE_PAUSE, 30), MAX_PAUSE_MS);
  const pauseMs = Math.max(asked, doubled * (LEAST_SHARE + (1 - LEAST_SHARE) * random));
  return {
    failures,
    pausedUntil: pauseMs === 0 ? pausedUntil : Math.max(pausedUntil, Math.round(now + pauseMs)),
  };
}

/**
 * Whether the endpoint has failed {@link FAILURES_BEFORE_PAUSE} times in a row or more: then a pass sends one delivery
 * only, to see whether it works again.
 */
export function isProbed({ failures }: EndpointHealth): boolean {
  return failures >= FAILURES_BEFORE_PAUSE;
}
