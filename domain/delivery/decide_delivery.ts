/** When a notification may go out. No clock: `now` is passed in. */
import type { Delivery } from "../notification/notification.ts";
import type { Channel, ServiceSettings } from "../service/service.ts";
import { MINUTE_MS } from "../time/durations.ts";
import { knownFormats } from "../time/known_formats.ts";

/**
 * Whether a due notification is sent now (`go`), is postponed until a time in epoch milliseconds (`hold`), or is not
 * sent any more because its `valid_until` has passed (`expired`).
 */
export type DeliveryDecision =
  | { readonly kind: "go" }
  | { readonly kind: "expired" }
  | { readonly kind: "hold"; readonly until: number };

/** Channels without an alert on the recipient's device: quiet hours do not apply to them. */
const SILENT: readonly Channel[] = ["inbox"];

const DAY_MINUTES = 1_440;

/**
 * Decides whether a due notification may be sent now. Quiet hours postpone it, except an urgent one and one to an
 * inbox. It is never postponed past its `valid_until`.
 *
 * @param now epoch milliseconds
 */
export function decideDelivery(
  { channel, delivery = {} }: {
    readonly channel: Channel;
    readonly delivery?: Delivery | undefined;
  },
  settings: Pick<ServiceSettings, "quiet_hours" | "time_zone">,
  now: number,
): DeliveryDecision {
  const { validUntil, urgent } = delivery;
  if (validUntil !== undefined && now >= validUntil) return { kind: "expired" };
  if (urgent === true || SILENT.includes(channel)) return { kind: "go" };
  const until = endOfQuiet(settings, now);
  if (until === undefined) return { kind: "go" };
  // Do not hold a message past its `valid_until`.
  return { kind: "hold", until: Math.min(until, validUntil ?? Infinity) };
}

/** Parses a time of day such as `21:30` into minutes since midnight; `undefined` when it is invalid. */
export function parseTimeOfDay(text: string): number | undefined {
  const parts = /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(text);
  return parts === null ? undefined : Number(parts[1]) * 60 + Number(parts[2]);
}

/**
 * Finds when the quiet hours that contain `now` end, in epoch milliseconds. Changes of the clocks in the service's time
 * zone are taken into account.
 *
 * @param now epoch milliseconds
 * @returns `undefined` outside quiet hours, and for a service without any
 */
export function endOfQuiet(
  { quiet_hours: quiet, time_zone: zone }: Pick<ServiceSettings, "quiet_hours" | "time_zone">,
  now: number,
): number | undefined {
  const start = quiet === null ? undefined : parseTimeOfDay(quiet.start);
  const end = quiet === null ? undefined : parseTimeOfDay(quiet.end);
  if (start === undefined || end === undefined || start === end) return undefined;
  const isQuiet = (minute: number) => {
    const local = minuteOfDay(minute * MINUTE_MS, zone);
    return start < end ? local >= start && local < end : local >= start || local < end;
  };
  const minute = Math.floor(now / MINUTE_MS);
  if (!isQuiet(minute)) return undefined;
  const minutesToEnd = (at: number) =>
    (end - minuteOfDay(at * MINUTE_MS, zone) + DAY_MINUTES) % DAY_MINUTES;
  const guess = minute + minutesToEnd(minute);
  // A change of the clocks in between moves the end by as much as the guess misses it.
  const missed = minutesToEnd(guess);
  const moved = missed > DAY_MINUTES / 2 ? guess + missed - DAY_MINUTES : guess + missed;
  if (moved > minute && minutesToEnd(moved) === 0) return moved * MINUTE_MS;
  // The clocks skip the end: quiet hours end at the jump, which a binary search finds.
  let [last, first] = [minute, guess];
  while (first - last > 1) {
    const middle = (last + first) >> 1;
    if (isQuiet(middle)) last = middle;
    else first = middle;
  }
  return first * MINUTE_MS;
}

const formatOf = knownFormats((timeZone) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  })
);

function minuteOfDay(at: number, zone: string): number {
  return parseTimeOfDay(formatOf(zone).format(at)) ?? 0;
}
