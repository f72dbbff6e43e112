import type { Channel } from "../service/service.ts";
import { HOUR_MS, MINUTE_MS } from "../time/durations.ts";

/**
 * Milliseconds before the second, third, … attempt when the last one surely did not send the message; the last delay
 * repeats. Such an attempt uses up no try.
 */
export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000, 300_000, 900_000] as const;

/** The delays before attempts of unknown outcome are repeated on channels whose providers receive texts and e-mails. */
const SPREAD_DELAYS_MS = [5 * MINUTE_MS, 2 * HOUR_MS, 12 * HOUR_MS, 57 * HOUR_MS] as const;

/**
 * Milliseconds before the second, third, … try when the outcome of the last one is unknown and its provider cannot be
 * asked, by channel. They are spread over hours, so that few copies are sent and a long outage is outlasted. A channel
 * that is absent has {@link RETRY_DELAYS_MS}.
 */
export const UNKNOWN_DELAYS_MS: Readonly<Partial<Record<Channel, readonly number[]>>> = {
  sms: SPREAD_DELAYS_MS,
  email: SPREAD_DELAYS_MS,
  diia: [900_000, 10_800_000],
};

/**
 * How long before {@link GIVE_UP_AFTER_MS} the last try of unknown outcome is made at the latest, in milliseconds, when
 * its delay would be too long. The jitter makes it up to twice as early.
 */
export const LAST_TRY_BEFORE_END_MS = 15 * MINUTE_MS;

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
 * Max tries at a notification, by channel, whose outcome is unknown and stays so because the provider cannot be asked:
 * it may have the message. After them nothing is sent again; the notification is `sending` and awaits a receipt for 72
 * hours. Up to this bound it is sent again, marked `possible_duplicate`: a message that arrives twice does less harm
 * than one that never arrives. Writing to an inbox is idempotent, so it needs no bound.
 */
export const MAX_UNKNOWN_ATTEMPTS = {
  sms: SPREAD_DELAYS_MS.length + 1,
  email: SPREAD_DELAYS_MS.length + 1,
  inbox: Infinity,
  diia: 3,
} as const satisfies Record<
  Channel,
  number
>;

/** Adds jitter to a delay: up to {@link JITTER} of it. @param random a number in [0, 1) */
export function jittered(delayMs: number, random: number): number {
  return Math.round(delayMs * (1 + JITTER * random));
}

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
  const backoff = jittered(delays[step] ?? 0, random);
  const delay = Math.max(backoff, Math.min(afterMs ?? 0, MAX_RETRY_AFTER_MS));
  return elapsedMs + delay > GIVE_UP_AFTER_MS ? null : delay;
}

/**
 * Computes the delay before a message of unknown outcome is sent again to a provider that cannot be asked. A delay that
 * is too long ends shortly before {@link GIVE_UP_AFTER_MS}, so that a provider which works again by then gets it.
 *
 * @param tries tries of unknown outcome so far, 1 or more
 * @param delays the channel's {@link UNKNOWN_DELAYS_MS}; the other parameters are as in {@link retryDelayMs}
 * @returns milliseconds to wait, or `null` to give up
 */
export function unknownDelayMs(
  { tries, elapsedMs, afterMs, random, delays }: {
    readonly tries: number;
    readonly elapsedMs: number;
    readonly afterMs: number | undefined;
    readonly random: number;
    readonly delays: readonly number[];
  },
): number | null {
  const delay = retryDelayMs({ attempts: tries, elapsedMs: 0, afterMs, random, delays });
  const latest = GIVE_UP_AFTER_MS - elapsedMs - LAST_TRY_BEFORE_END_MS * (1 + random);
  if (latest <= 0 || delay === null) return null;
  return Math.round(Math.min(delay, latest));
}

/** The bounds of the interval between questions to a provider about a message of unknown outcome, in milliseconds. */
export const SEARCH_DELAY_MS = { least: 30_000, most: 15 * MINUTE_MS } as const;

/**
 * Computes the delay before a provider that could not answer is asked again about a message of unknown outcome: half
 * the time since the attempt ended, within {@link SEARCH_DELAY_MS}, with {@link JITTER}.
 *
 * @param sinceMs milliseconds since the attempt ended
 * @param afterMs the provider's `Retry-After` in milliseconds, obeyed up to {@link MAX_RETRY_AFTER_MS}
 * @param random a number in [0, 1)
 */
export function searchDelayMs(
  sinceMs: number,
  afterMs: number | undefined,
  random: number,
): number {
  const { least, most } = SEARCH_DELAY_MS;
  const delay = jittered(Math.min(Math.max(sinceMs / 2, least), most), random);
  return Math.max(delay, Math.min(afterMs ?? 0, MAX_RETRY_AFTER_MS));
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
