import type { DailyCounter } from "./daily_counter.ts";
import type { Refusal } from "./refusal.ts";
import type { Channel, KeyKind, Service } from "../service/service.ts";
import { DAY_MS, MINUTE_MS } from "../time/durations.ts";

/** Default limits of messages a day (UTC), for services that have not set their own. */
const DEFAULT_DAILY_LIMITS = {
  live: { sms: 250_000, email: 250_000, inbox: 1_000_000, diia: 250_000, international_sms: 100 },
  trial: { sms: 50, email: 50, inbox: 50, diia: 50, international_sms: 50 },
} as const;

/** The largest burst of requests, at any rate. */
export const MAX_BURST = 999;

const MINUTE_US = MINUTE_MS * 1000;

/**
 * The cost of one request for one counter. A request is within the limit while `max(value, floor) + step <= limit`; the
 * sum is then the counter's new value.
 *
 * A daily counter counts (floor 0, step 1). A rate limit is a GCRA: its counter is the theoretical arrival time in
 * microseconds, `floor` is now, `step` is the emission interval, and `limit` is now plus the burst.
 */
export interface QuotaCharge {
  readonly scope: string;
  readonly floor: number;
  readonly step: number;
  readonly limit: number;
  /** Epoch milliseconds after which the counter can be deleted. */
  readonly expiresAt: number;
  /** The refusal of a request that exceeds the limit. */
  readonly refusal: Refusal;
}

/**
 * The rate-limit charge of a request to send. Each kind of key has a bucket of its own, which refills evenly and holds a
 * third of a minute's requests, at most {@link MAX_BURST}.
 */
export function rateCharge(service: Service, kind: KeyKind, now: number): QuotaCharge {
  const rate = service.settings.rate_limit_per_minute;
  const burst = Math.min(Math.ceil(rate / 3), MAX_BURST);
  const step = Math.round(MINUTE_US / Math.max(rate, 1));
  const floor = now * 1000;
  return {
    // A new rate starts with a full bucket: values of another rate cannot be compared.
    scope: `rate:${kind}:${rate}`,
    floor,
    step,
    limit: floor + burst * step,
    // Rounded to the day, so that not every request moves the counter in the index by expiry.
    expiresAt: nextDayAfter(now) + DAY_MS,
    refusal: { kind: "rate-limited", keyKind: kind, rate, retryAfterS: 1 },
  };
}

/** The bytes of a body that a request's one unit of its rate pays for, and each further unit. */
export const BODY_BYTES_PER_UNIT = 65_536;

/**
 * The charge to the rate for a body of a request that sends nothing: one unit for each {@link BODY_BYTES_PER_UNIT} beyond
 * the first, at most what the bucket holds. It is owed even where the bucket holds less: later requests wait for it.
 *
 * @returns `undefined` for a body that costs nothing
 */
export function bodyCharge(
  service: Service,
  kind: KeyKind,
  bytes: number,
  now: number,
): QuotaCharge | undefined {
  const units = Math.ceil(bytes / BODY_BYTES_PER_UNIT) - 1;
  if (units <= 0) return undefined;
  const rate = rateCharge(service, kind, now);
  const owed = Math.min(units * rate.step, rate.limit - rate.floor);
  return { ...rate, step: owed, limit: Number.MAX_SAFE_INTEGER };
}

/** Whether a charge is for a request (the rate limit), not for a message (a daily limit). */
export function isRate({ refusal }: QuotaCharge): boolean {
  return refusal.kind === "rate-limited";
}

/** The first midnight UTC after a time. */
function nextDayAfter(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** The service's limit for a day. */
function dailyLimit(service: Service, counter: DailyCounter): number {
  return service.settings.daily_limits[counter] ?? DEFAULT_DAILY_LIMITS[service.mode][counter];
}

/** The daily charge of one message; a day is a UTC day. */
export function dailyCharge(service: Service, counter: DailyCounter, now: number): QuotaCharge {
  const nextDay = nextDayAfter(now);
  const limit = dailyLimit(service, counter);
  return {
    scope: `day:${new Date(now).toISOString().slice(0, 10)}:${counter}`,
    floor: 0,
    step: 1,
    limit,
    expiresAt: nextDay + DAY_MS,
    refusal: {
      kind: "daily-limit",
      counter,
      limit,
      retryAfterS: Math.ceil((nextDay - now) / 1000),
    },
  };
}

/**
 * The charges of one message, in the order in which their refusals are reported.
 *
 * @param international whether it goes to another country's number
 */
export function chargesFor(
  service: Service,
  kind: KeyKind,
  channel: Channel,
  international: boolean,
  now: number,
): readonly QuotaCharge[] {
  const rate = rateCharge(service, kind, now);
  if (kind === "test") return [rate];
  const daily = dailyCharge(service, channel, now);
  return international
    ? [rate, daily, dailyCharge(service, "international_sms", now)]
    : [rate, daily];
}

/**
 * Checks charges against the values of the counters.
 *
 * @param valueOf the counter's value, 0 when there is none
 * @returns the first refusal, with the seconds to wait; `undefined` when all are within their limits
 */
export function checkCharges(
  charges: readonly QuotaCharge[],
  valueOf: (scope: string) => number,
): Refusal | undefined {
  for (const charge of charges) {
    const over = Math.max(valueOf(charge.scope), charge.floor) + charge.step - charge.limit;
    if (over <= 0) continue;
    if (charge.refusal.kind !== "rate-limited") return charge.refusal;
    return { ...charge.refusal, retryAfterS: Math.max(1, Math.ceil(over / 1_000_000)) };
  }
  return undefined;
}
