import type { Channel } from "../service/service.ts";
import { HOUR_MS } from "../time/durations.ts";

/** Waits before the second, third, … attempt; the last one repeats. */
export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000, 300_000, 900_000] as const;

/**
 * Waits after attempts whose outcome is not known, where they are others. What Diia may have can be sent three times
 * only, and no receipt finds it: a short outage is to be over by then.
 */
export const UNKNOWN_DELAYS_MS: Readonly<Partial<Record<Channel, readonly number[]>>> = {
  diia: [900_000, 10_800_000],
};

/** A notification that no provider has taken for this long ends as technical-failure. */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/** A message that was handed over and not reported on for this long ends as temporary-failure. */
export const RECEIPT_WAIT_MS = 72 * HOUR_MS;

/** No provider's `Retry-After` is followed further than this. */
export const LONGEST_WAIT_MS = HOUR_MS;

/** How much of a delay is left to chance, so that retries do not come in step. */
export const JITTER = 0.2;

/**
 * How many attempts may be made while their outcomes are unknown. Both channels send again, and the timeline says
 * `possible_duplicate`: a public service's message that arrives twice does less harm than one that never does. But a
 * provider that takes messages and never says so must not bring one citizen a copy every quarter of an hour. An inbox
 * is ours and takes a message once, however often it is put in.
 */
export const MAX_UNKNOWN_ATTEMPTS = {
  sms: 3,
  email: 5,
  inbox: Infinity,
  diia: 3,
} as const satisfies Record<
  Channel,
  number
>;

/**
 * When to try again.
 *
 * @param attempts attempts made so far, 1 or more
 * @param elapsedMs time since the notification was accepted
 * @param afterMs the provider's own wish, when it gave one
 * @param random a number in [0, 1)
 * @param delays the waits; {@link RETRY_DELAYS_MS} unless told
 * @returns milliseconds to wait, or `null` to give up
 */
export function retryDelayMs(
  { attempts, elapsedMs, afterMs, random, delays = RETRY_DELAYS_MS }: {
    readonly attempts: number;
    readonly elapsedMs: number;
    readonly afterMs: number | undefined;
    readonly random: number;
    readonly delays?: readonly number[] | undefined;
  },
): number | null {
  const step = Math.min(Math.max(attempts, 1), delays.length) - 1;
  const own = Math.round((delays[step] ?? 0) * (1 + JITTER * random));
  const delay = Math.max(own, Math.min(afterMs ?? 0, LONGEST_WAIT_MS));
  return elapsedMs + delay > GIVE_UP_AFTER_MS ? null : delay;
}

/** The shortest and the longest wait before a provider is asked again what became of a message. */
export const POLL_DELAY_MS = { least: 5_000, most: HOUR_MS } as const;

/**
 * How long to wait before a provider is asked about a message, the first time or again: half as long as it has had the
 * message, so that the waits grow by themselves.
 *
 * @param sinceMs time since the provider took the message
 */
export function pollDelayMs(sinceMs: number): number {
  return Math.min(Math.max(Math.round(sinceMs / 2), POLL_DELAY_MS.least), POLL_DELAY_MS.most);
}

/** The shortest and the longest rest of what is due and cannot be opened. */
export const UNDECRYPTABLE_DELAY_MS = { least: 15_000, most: HOUR_MS } as const;

/**
 * How long what cannot be opened rests, for want of a master key, say: half as long as it has been going on, so that the
 * rests grow by themselves.
 *
 * @param sinceMs time since it was due first
 * @returns `null` to give up, as late as where no provider takes a message
 */
export function undecryptableDelayMs(sinceMs: number): number | null {
  const { least, most } = UNDECRYPTABLE_DELAY_MS;
  const delay = Math.min(Math.max(Math.round(sinceMs / 2), least), most);
  return sinceMs + delay > GIVE_UP_AFTER_MS ? null : delay;
}
