import type { Refusal } from "./refusal.ts";
import type { Channel, KeyKind, Service } from "../service/service.ts";

/** Messages a day (UTC) of a service that has set no limits of its own. */
export const DEFAULT_DAILY_LIMITS = {
  live: { sms: 250_000, email: 250_000, inbox: 1_000_000, diia: 250_000, international_sms: 100 },
  trial: { sms: 50, email: 50, inbox: 50, diia: 50, international_sms: 50 },
} as const;

/** The most requests that may come at once, whatever the rate. */
export const MAX_BURST = 999;

const MINUTE_US = 60_000_000;
const DAY_MS = 86_400_000;

/** What a daily limit counts. */
export type DailyCounter = Channel | "international_sms";

/**
 * One use of one counter. A request may pass while `max(value, floor) + step <= limit`, and then makes that sum
 * the counter's value. Daily counters count (floor 0, step 1); rates keep the time at which their bucket will
 * be empty again, in microseconds (GCRA: floor is now, step the time one request takes to be earned back).
 */
export interface QuotaCharge {
  readonly scope: string;
  readonly floor: number;
  readonly step: number;
  readonly limit: number;
  /** Epoch milliseconds after which the counter means nothing. */
  readonly expiresAt: number;
  /** What to say when it is refused. */
  readonly refusal: Refusal;
}

/**
 * The rate charge of a request to send: a bucket for each kind of key, refilled evenly, that holds a third of a
 * minute's requests and at most {@link MAX_BURST}.
 */
export function rateCharge(service: Service, kind: KeyKind, now: number): QuotaCharge {
  const rate = service.settings.rate_limit_per_minute;
  const burst = Math.min(Math.ceil(rate / 3), MAX_BURST);
  const step = Math.round(MINUTE_US / Math.max(rate, 1));
  const floor = now * 1000;
  return {
    // A bucket filled at another rate says nothing about this one.
    scope: `rate:${kind}:${rate}`,
    floor,
    step,
    limit: floor + burst * step,
    // To the day, so that the same bucket is not filed anew under another age by every request.
    expiresAt: nextDayAfter(now) + DAY_MS,
    refusal: { kind: "rate-limited", keyKind: kind, rate, retryAfterS: 1 },
  };
}

/** Whether a charge is that of a request, and not of a message. */
export function isRate({ refusal }: QuotaCharge): boolean {
  return refusal.kind === "rate-limited";
}

/** The first midnight UTC after a time. */
function nextDayAfter(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** The service's limit for a day; a test key has the limits of a live service, and raises no counter. */
export function dailyLimit(service: Service, counter: DailyCounter): number {
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
 * Everything that one message is charged for, in the order in which refusals are told.
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
 * Judges charges against what the counters hold.
 *
 * @param valueOf the counter's value, 0 when there is none
 * @returns the first refusal, with the seconds to wait; `undefined` when all may pass
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
