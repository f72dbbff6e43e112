import type { Channel } from "../service/service.ts";
import { HOUR_MS } from "../time/durations.ts";

/** Milliseconds before the second, third, … attempt; the last delay repeats. */
export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000, 300_000, 900_000] as const;

/**
 * Milliseconds before the second, third, … attempt when the last attempt's outcome is unknown, by channel. A channel
 * that is absent has {@link RETRY_DELAYS_MS}. Diia gets at most three such attempts and sends no receipts, so its
 * delays are long enough to outlast a short outage.
 */
export const UNKNOWN_DELAYS_MS: Readonly<Partial<Record<Channel, readonly number[]>>> = {
  diia: [900_000, 10_800_000],
};

/**
 * Retries end this many milliseconds after a notification was accepted, or after the time that it was scheduled for. A
 * notification whose next attempt would be later ends as `technical-failure`.
 */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/**
 * A message that a provider accepted ends as `temporary-failure` when no final receipt comes for this many
 * milliseconds.
 */
export const RECEIPT_WAIT_MS = 72 * HOUR_MS;

/** The longest `Retry-After` of a provider that is obeyed, in milliseconds; a longer one counts as this. */
export const MAX_RETRY_AFTER_MS = HOUR_MS;

/** How much is added to a delay at random, at most, as a share of it: retries then do not synchronise. */
export const JITTER = 0.2;

/**
 * Max attempts at a notification, by channel, when the outcomes of two or more are unknown: the provider may have the
 * message. After them nothing is sent again; the notification is `sending` and awaits a receipt for 72 hours. Up to
 * this bound it is sent again, marked `possible_duplicate`: a message that arrives twice does less harm than one that
 * never arrives. Writing to an inbox is idempotent, so it needs no bound.
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
 * @param elapsedMs milliseconds since the notification was accepted, or since the time that it was scheduled for
 * @param afterMs the provider's `Retry-After` in milliseconds, if it sent one; the longer of it and the backoff counts
 * @param random a number in [0, 1)
 * @param delays the backoff; defaults to {@link RETRY_DELAYS_MS}
 * @returns milliseconds to wait, or `null` to give up because the attempt would be after {@link GIVE_UP_AFTER_MS}
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
 * Computes the delay before the next poll of a message's status: half the time since the provider accepted the message,
 * so that intervals grow, but between five seconds and an hour.
 *
 * @param sinceMs milliseconds since the provider accepted the message
 * @returns milliseconds
 */
export function pollDelayMs(sinceMs: number): number {
  return Math.min(Math.max(Math.round(sinceMs / 2), POLL_DELAY_MS.least), POLL_DELAY_MS.most);
}

/** The bounds, in milliseconds, of the delay before decryption of a message is tried again. */
export const UNDECRYPTABLE_DELAY_MS = { least: 15_000, most: HOUR_MS } as const;

/**
 * Computes the delay before an undecryptable message is tried again: half the time since it was found to be
 * undecryptable, so that delays grow. A message is undecryptable when its master key is missing, for example.
 *
 * @param sinceMs milliseconds since its decryption first failed
 * @returns milliseconds, within {@link UNDECRYPTABLE_DELAY_MS}; `null` to give up, after {@link GIVE_UP_AFTER_MS}
 */
export function undecryptableDelayMs(sinceMs: number): number | null {
  const { least, most } = UNDECRYPTABLE_DELAY_MS;
  const delay = Math.min(Math.max(Math.round(sinceMs / 2), least), most);
  return sinceMs + delay > GIVE_UP_AFTER_MS ? null : delay;
}
