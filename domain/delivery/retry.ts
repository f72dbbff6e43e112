import type { Channel } from "../service/service.ts";
import { HOUR_MS } from "../time/durations.ts";

/** Delays before the second, third, … attempt; the last one repeats. */
export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000, 300_000, 900_000] as const;

/**
 * Backoff after attempts with unknown outcome, per channel; {@link RETRY_DELAYS_MS} for the others. Diia allows only
 * three such attempts and sends no receipts, so the delays are long enough to outlast a short outage.
 */
export const UNKNOWN_DELAYS_MS: Readonly<Partial<Record<Channel, readonly number[]>>> = {
  diia: [900_000, 10_800_000],
};

/** A notification that no provider accepts for this long ends as technical-failure. */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/** An accepted message without a final receipt for this long ends as temporary-failure. */
export const RECEIPT_WAIT_MS = 72 * HOUR_MS;

/** The upper bound on a provider's `Retry-After`. */
export const MAX_RETRY_AFTER_MS = HOUR_MS;

/** The random share of a delay, so that retries do not synchronise. */
export const JITTER = 0.2;

/**
 * Max attempts while their outcomes are unknown. Retries are marked `possible_duplicate`: for a public service, a message
 * that arrives twice does less harm than one that never arrives. The bound protects recipients from a provider that
 * accepts messages without confirming them. Writing to an inbox is idempotent, so it needs no bound.
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
 * Computes the delay before the next attempt.
 *
 * @param attempts attempts made so far, 1 or more
 * @param elapsedMs time since the notification was accepted
 * @param afterMs the provider's `Retry-After`, if it sent one
 * @param random a number in [0, 1)
 * @param delays the backoff; defaults to {@link RETRY_DELAYS_MS}
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
  const backoff = Math.round((delays[step] ?? 0) * (1 + JITTER * random));
  const delay = Math.max(backoff, Math.min(afterMs ?? 0, MAX_RETRY_AFTER_MS));
  return elapsedMs + delay > GIVE_UP_AFTER_MS ? null : delay;
}

/** The bounds of the interval between polls. */
const POLL_DELAY_MS = { least: 5_000, most: HOUR_MS } as const;

/**
 * Computes the delay before the next poll: half the time since the provider accepted the message, so that intervals grow.
 *
 * @param sinceMs time since the provider accepted the message
 */
export function pollDelayMs(sinceMs: number): number {
  return Math.min(Math.max(Math.round(sinceMs / 2), POLL_DELAY_MS.least), POLL_DELAY_MS.most);
}

/** The bounds of the delay before a message is decrypted again. */
export const UNDECRYPTABLE_DELAY_MS = { least: 15_000, most: HOUR_MS } as const;

/**
 * Computes the delay before an undecryptable message is tried again: half the time since it was found to be
 * undecryptable, so that delays grow. A message is undecryptable when its master key is missing, for example.
 *
 * @param sinceMs time since it was found to be undecryptable
 * @returns `null` to give up, after {@link GIVE_UP_AFTER_MS}
 */
export function undecryptableDelayMs(sinceMs: number): number | null {
  const { least, most } = UNDECRYPTABLE_DELAY_MS;
  const delay = Math.min(Math.max(Math.round(sinceMs / 2), least), most);
  return sinceMs + delay > GIVE_UP_AFTER_MS ? null : delay;
}
