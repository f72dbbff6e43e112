/** The rate limit of a provider: a token bucket without clock and I/O, which answers of "too many requests" lower. */
import { HOUR_MS, SECOND_MS } from "../time/durations.ts";

/** The least and greatest rate that an operator may set, in messages a second. */
export const RATE_PER_SECOND = { least: 0.1, most: 10_000 } as const;
/** What is left of the rate after an answer of "too many requests". */
const LOWERED_SHARE = 1 / 2;
/** Answers of "too many requests" within this time, in milliseconds, lower the rate once: they had one cause. */
export const LOWER_EVERY_MS = SECOND_MS;
/** By how much a lowered rate grows in a second, as a share of it. From a half it has recovered after 15 seconds. */
const RECOVERY_SHARE = 0.05;
/**
 * A lowered rate without a limit set by the operator ends when it has grown to this many times the rate at which the
 * provider refused.
 */
const RECOVERED_SHARE = 2;
/** The longest `Retry-After` that is obeyed, in milliseconds. */
const MAX_BLOCK_MS = HOUR_MS;

/** The state of a token bucket, which limits the rate of one provider in this process. Times are epoch milliseconds. */
export interface RateBucket {
  /** The limit that the operator has set, in messages a second; `undefined` for none. */
  readonly limit: number | undefined;
  /** The rate, in messages a second, as it was lowered to at `at`; it grows from then on up to `ceiling`. */
  readonly lowered:
    | { readonly rate: number; readonly ceiling: number; readonly at: number }
    | undefined;
  /** Messages that may be sent at once, as of `at`: negative after more were sent, `Infinity` without a limit. */
  readonly tokens: number;
  readonly at: number;
  /** The provider asked to be called not before this time. */
  readonly blockedUntil: number;
  /** Messages sent in the second that began at `since`, and the rate of the second before. */
  readonly use: { readonly since: number; readonly count: number; readonly rate: number };
}

/** A full bucket. @param limit messages a second; `undefined` for none */
export function createRateBucket(limit: number | undefined, now: number): RateBucket {
  return {
    limit,
    lowered: undefined,
    tokens: limit === undefined ? Infinity : burstOf(limit),
    at: now,
    blockedUntil: 0,
    use: { since: now, count: 0, rate: 0 },
  };
}

/** The present rate in messages a second; `undefined` when there is no limit. */
export function rateOf(bucket: RateBucket, now: number): number | undefined {
  return loweredRate(bucket, now) ?? bucket.limit;
}

/** The lowered rate as it has grown until now; `undefined` when there is none any more. */
export function loweredRate({ lowered }: RateBucket, now: number): number | undefined {
  if (lowered === undefined) return undefined;
  const seconds = Math.max(0, now - lowered.at) / SECOND_MS;
  const rate = lowered.rate * (1 + RECOVERY_SHARE) ** seconds;
  return rate < lowered.ceiling ? rate : undefined;
}

/** Whether the provider asked not to be called yet. */
export function isBlocked({ blockedUntil }: RateBucket, now: number): boolean {
  // A longer time means that the clock was set back.
  return now < blockedUntil && blockedUntil - now <= MAX_BLOCK_MS;
}

/** How many messages may be sent at once: a whole number, at most 0 when none may, or `Infinity` without a limit. */
export function roomOf(bucket: RateBucket, now: number): number {
  return isBlocked(bucket, now) ? 0 : Math.floor(refill(bucket, now).tokens);
}

/** How long it takes until one more message may be sent, in milliseconds; 0 when one may be sent now. */
export function refillMs(bucket: RateBucket, now: number): number {
  const rate = rateOf(bucket, now);
  const missing = 1 - refill(bucket, now).tokens;
  return rate === undefined || missing <= 0 ? 0 : Math.ceil(missing * SECOND_MS / rate);
}

/**
 * Takes one token, for a message that is sent. When no token is left, the count becomes negative, and later messages
 * wait until it has refilled.
 */
export function takeToken(bucket: RateBucket, now: number): RateBucket {
  const filled = refill(bucket, now);
  const { since, count, rate } = filled.use;
  const elapsed = now - since;
  const use = elapsed >= 0 && elapsed < SECOND_MS
    ? { since, count: count + 1, rate }
    : { since: now, count: 1, rate: elapsed < 0 ? rate : count * SECOND_MS / elapsed };
  return { ...filled, tokens: filled.tokens - 1, use };
}

/**
 * Lowers the rate, after the provider has answered that there are too many requests.
 *
 * @param afterMs its `Retry-After` in milliseconds, if it sent one: nothing is sent for so long
 */
export function lowerRate(
  bucket: RateBucket,
  afterMs: number | undefined,
  now: number,
): RateBucket {
  const filled = refill(bucket, now);
  const blockedUntil = Math.max(
    filled.blockedUntil,
    now + Math.min(Math.max(afterMs ?? 0, 0), MAX_BLOCK_MS),
  );
  const { lowered, limit, use } = filled;
  if (lowered !== undefined && now - lowered.at < LOWER_EVERY_MS && now >= lowered.at) {
    return { ...filled, blockedUntil };
  }
  const used = Math.max(use.rate, use.count, RATE_PER_SECOND.least);
  const present = Math.min(rateOf(filled, now) ?? used, used);
  const rate = Math.max(present * LOWERED_SHARE, RATE_PER_SECOND.least);
  return {
    ...filled,
    blockedUntil,
    lowered: { rate, ceiling: limit ?? lowered?.ceiling ?? used * RECOVERED_SHARE, at: now },
    tokens: Math.min(filled.tokens, burstOf(rate)),
    at: now,
  };
}

/** Changes the operator's limit. A lowered rate stays when it is below the new limit. */
export function changeLimit(
  bucket: RateBucket,
  limit: number | undefined,
  now: number,
): RateBucket {
  if (bucket.limit === limit) return bucket;
  const filled = refill(bucket, now);
  const present = loweredRate(filled, now);
  const lowered = present === undefined || (limit !== undefined && present >= limit)
    ? undefined
    : { rate: present, ceiling: limit ?? present * RECOVERED_SHARE, at: now };
  const rate = lowered?.rate ?? limit;
  const tokens = rate === undefined ? Infinity : Math.min(filled.tokens, burstOf(rate));
  return { ...filled, limit, lowered, tokens, at: now };
}

/** A bucket holds the messages of a second, and one at least. */
function burstOf(rate: number): number {
  return Math.max(rate, 1);
}

/** Adds the tokens of the time that has passed, and ends a lowered rate that has grown to its ceiling. */
function refill(bucket: RateBucket, now: number): RateBucket {
  if (bucket.lowered === undefined && bucket.limit === undefined) return bucket;
  const present = loweredRate(bucket, now);
  const lowered = present === undefined ? undefined : bucket.lowered;
  const rate = present ?? bucket.limit;
  if (rate === undefined) return { ...bucket, lowered, tokens: Infinity, at: now };
  const elapsedS = Math.max(0, now - bucket.at) / SECOND_MS;
  const tokens = Math.min(bucket.tokens + elapsedS * rate, burstOf(rate));
  return { ...bucket, lowered, tokens, at: now };
}
