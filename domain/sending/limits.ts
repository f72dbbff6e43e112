import type { DailyCounter } from "./daily_counter.ts";
import { limitDayOf } from "./limit_day.ts";
import type { Refusal } from "./refusal.ts";
import type { Channel, KeyKind, Service } from "../service/service.ts";
import { DAY_MS, MINUTE_MS } from "../time/durations.ts";
import { isoDate, localDay } from "../time/local_day.ts";

/** Default limits of messages a day, for services that have not set their own. */
export const DEFAULT_DAILY_LIMITS = {
  live: { sms: 250_000, email: 250_000, inbox: 1_000_000, diia: 250_000, international_sms: 100 },
  trial: { sms: 50, email: 50, inbox: 50, diia: 50, international_sms: 50 },
} as const;

/**
 * How many requests a service may send at once with keys of one kind, at the default rate of 3,000 requests a minute:
 * as in GOV.UK Notify.
 */
export const DEFAULT_BURST = 999;
/** Thousandths of a minute's requests that a bucket holds at a higher rate: the same share as at the default rate. */
const BURST_PER_MILLE = 333;
/**
 * How far the clocks of two processes that share the counters can differ, in microseconds. It is much more than they
 * do: each follows the database's clock.
 */
export const CLOCK_TOLERANCE_US = 2_000_000;

const MINUTE_US = MINUTE_MS * 1000;

/**
 * What one request costs of one counter, a number in the store. The request is within the limit while
 * `max(value, floor) + step <= limit`; the left side is then the counter's new value.
 *
 * A daily counter counts (floor 0, step 1). A rate limit is a GCRA: its counter is the theoretical arrival time in
 * microseconds, `floor` is now, `step` is the emission interval, and `limit` is now plus the burst.
 */
export interface QuotaCharge {
  /** The counter's name, unique within its service, such as {@link dailyScope} returns. */
  readonly scope: string;
  /** The least value that the counter counts as having. */
  readonly floor: number;
  /** How much the request adds. */
  readonly step: number;
  /** The greatest value that the counter may have after the request. */
  readonly limit: number;
  /**
   * The largest value that the counter can have. A larger one was stored by a clock that was ahead, and does not count.
   * Absent where every value is possible.
   */
  readonly cap?: number;
  /** Epoch milliseconds after which the counter can be deleted. */
  readonly expiresAt: number;
  /** The refusal of a request that exceeds the limit. */
  readonly refusal: Refusal;
}

/**
 * How many requests a bucket holds: a third of a minute's. It grows with the rate, so that it always lasts about 20
 * seconds: a clock that differs by milliseconds, or accepts that wait for a commit, take no noticeable share of it.
 */
function burstOf(rate: number): number {
  const share = Math.floor(rate * BURST_PER_MILLE / 1000);
  return Math.min(Math.ceil(rate / 3), Math.max(DEFAULT_BURST, share));
}

/**
 * What a request to send costs of the service's rate limit. Each kind of key has a bucket of its own, which refills
 * evenly and holds a third of a minute's requests: {@link DEFAULT_BURST} at the default rate.
 *
 * @param now epoch milliseconds
 */
export function rateCharge(service: Service, kind: KeyKind, now: number): QuotaCharge {
  const rate = service.settings.rate_limit_per_minute;
  const step = Math.round(MINUTE_US / Math.max(rate, 1));
  const floor = now * 1000;
  const burst = burstOf(rate) * step;
  return {
    // A new rate starts with a full bucket: values of another rate cannot be compared.
    scope: `rate:${kind}:${rate}`,
    floor,
    step,
    limit: floor + burst,
    // A full bucket, and the debt of a large body.
    cap: floor + 2 * burst + CLOCK_TOLERANCE_US,
    // Rounded to the day, so that not every request moves the counter in the index by expiry.
    expiresAt: nextDayAfter(now) + DAY_MS,
    refusal: { kind: "rate-limited", keyKind: kind, rate, retryAfterS: 1 },
  };
}

/**
 * How many bytes of a body one request of the rate limit pays for, of requests that send nothing (previews, refused
 * ones). A larger body costs one more request for each further unit begun, at most a full bucket: see {@link bodyCharge}.
 */
export const BODY_BYTES_PER_UNIT = 65_536;

/**
 * What the body of a request that sends nothing costs of the rate limit: one request for each
 * {@link BODY_BYTES_PER_UNIT} beyond the first, at most as many as the bucket holds when full. A bucket that holds less
 * goes into debt, up to as much again, and later requests are refused until it has refilled.
 *
 * @param bytes the size of the body
 * @param now epoch milliseconds
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
  const burst = rate.limit - rate.floor;
  return { ...rate, step: Math.min(units * rate.step, burst), limit: rate.limit + burst };
}

/**
 * Whether a charge is for the rate limit, which counts requests; otherwise it is for a daily limit, which counts
 * messages.
 */
export function isRate({ refusal }: QuotaCharge): boolean {
  return refusal.kind === "rate-limited";
}

/** The first midnight UTC after a time. */
function nextDayAfter(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** Every counter of a daily limit. */
export const DAILY_COUNTERS = [
  "sms",
  "international_sms",
  "email",
  "inbox",
  "diia",
] as const satisfies readonly DailyCounter[];

/** The service's limit for a day. */
export function dailyLimit(service: Service, counter: DailyCounter): number {
  return service.settings.daily_limits[counter] ?? DEFAULT_DAILY_LIMITS[service.mode][counter];
}

/**
 * The name of the counter ({@link QuotaCharge.scope}) of a daily limit on a day, by the day's number from `limitDayOf`.
 */
export function dailyScope(day: number, counter: DailyCounter): string {
  return `day:${isoDate(day)}:${counter}`;
}

/**
 * What one message costs of the daily limit of the day on which it is to be sent.
 *
 * @param now epoch milliseconds; the refusal names the day where it is not the present one
 * @param sendAt when the message is to be sent, in epoch milliseconds; `now` when it is not scheduled
 */
export function dailyCharge(
  service: Service,
  counter: DailyCounter,
  now: number,
  sendAt = now,
): QuotaCharge {
  const { day, endsAt } = limitDayOf(service, sendAt);
  const limit = dailyLimit(service, counter);
  const isToday = day === limitDayOf(service, now).day;
  return {
    scope: dailyScope(day, counter),
    floor: 0,
    step: 1,
    limit,
    expiresAt: endsAt + DAY_MS,
    refusal: {
      kind: "daily-limit",
      counter,
      limit,
      retryAfterS: Math.ceil((endsAt - now) / 1000),
      ...(isToday ? {} : { date: isoDate(localDay(sendAt, service.settings.time_zone).date) }),
    },
  };
}

/**
 * What one message costs of the service's counters, in the order in which their refusals are reported: the rate limit,
 * and the daily limits, which messages of test keys do not use.
 *
 * @param international whether it goes to another country's number
 * @param now epoch milliseconds, the time of the request: its rate limit is that of now
 * @param sendAt when the message is to be sent, in epoch milliseconds: its daily limits are those of that day
 */
export function chargesFor(
  service: Service,
  kind: KeyKind,
  channel: Channel,
  international: boolean,
  now: number,
  sendAt = now,
): readonly QuotaCharge[] {
  const rate = rateCharge(service, kind, now);
  if (kind === "test") return [rate];
  const daily = dailyCharge(service, channel, now, sendAt);
  return international
    ? [rate, daily, dailyCharge(service, "international_sms", now, sendAt)]
    : [rate, daily];
}

/**
 * Computes the value to which a charge adds its `step`: the stored one, but at least `floor`. A stored value beyond
 * `cap` counts as 0: it comes from a clock that was ahead, and would refuse requests for too long.
 *
 * @param value the stored value, 0 when there is none
 */
export function usedOf(
  { floor, cap = Infinity }: Pick<QuotaCharge, "floor" | "cap">,
  value: number,
): number {
  return Math.max(value > cap ? 0 : value, floor);
}

/**
 * Checks charges against the values of the counters, without changing them.
 *
 * @param valueOf returns the value of the counter with this name, 0 when there is none
 * @returns the refusal of the first charge that exceeds its limit, with the seconds to wait; `undefined` when all are
 * within their limits
 */
export function checkCharges(
  charges: readonly QuotaCharge[],
  valueOf: (scope: string) => number,
): Refusal | undefined {
  for (const charge of charges) {
    const over = usedOf(charge, valueOf(charge.scope)) + charge.step - charge.limit;
    if (over <= 0) continue;
    if (charge.refusal.kind !== "rate-limited") return charge.refusal;
    return { ...charge.refusal, retryAfterS: Math.max(1, Math.ceil(over / 1_000_000)) };
  }
  return undefined;
}
