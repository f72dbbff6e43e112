/** Days as a time zone has them: from one local midnight to the next. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./durations.ts";
import { knownFormats } from "./known_formats.ts";
import { shownTime } from "./shown_time.ts";

/** A day of a time zone. */
export interface LocalDay {
  /** Its date, as the number of days since 1970-01-01. */
  readonly date: number;
  /**
   * When the next day begins, in epoch milliseconds: the first moment with a later date, which is not midnight where
   * the clocks skip it.
   */
  readonly endsAt: number;
}

/** Longer than any local day: one has 23 to 25 hours, and up to 48 where a country skips a date. */
const LONGEST_DAY_MINUTES = 49 * HOUR_MS / MINUTE_MS;
/** How many days of a time zone are remembered: as far ahead as a message can be scheduled, and today's neighbours. */
const MAX_DAYS_REMEMBERED = 40;

/** A day that was looked up. It is known to include the times from `from`, which may be after its beginning. */
interface KnownDay {
  readonly day: LocalDay;
  from: number;
}

const formatOf = knownFormats((timeZone) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  })
);
const known = new Map<string, KnownDay[]>();

/**
 * Finds the local day that contains a time.
 *
 * @param at epoch milliseconds
 * @param zone an IANA name, such as `Europe/Kyiv`
 * @throws {RangeError} when there is no such time zone
 */
export function localDay(at: number, zone: string): LocalDay {
  if (zone === "UTC") {
    const date = Math.floor(at / DAY_MS);
    return { date, endsAt: (date + 1) * DAY_MS };
  }
  const days = known.get(zone) ?? [];
  const found = days.find(({ from, day }) => at >= from && at < day.endsAt);
  return found?.day ?? lookUp(at, zone, days);
}

/** The ISO date of a day, such as `2026-11-23`, by the number of days since 1970-01-01. */
export function isoDate(date: number): string {
  return new Date(date * DAY_MS).toISOString().slice(0, 10);
}

/** Formatting a date takes microseconds, and finding the end of a day a dozen of them, so days are remembered. */
function lookUp(at: number, zone: string, days: KnownDay[]): LocalDay {
  const date = dateAt(at, zone);
  const same = days.find(({ day }) => day.date === date);
  if (same !== undefined && at < same.from) {
    same.from = at;
    return same.day;
  }
  const day = { date, endsAt: endOf(at, date, zone) };
  if (days.length === MAX_DAYS_REMEMBERED) days.shift();
  days.push({ day, from: at });
  known.set(zone, days);
  return day;
}

/** Binary search for the first minute with a later date: every change of the clocks is at a full minute. */
function endOf(at: number, date: number, zone: string): number {
  let last = Math.floor(at / MINUTE_MS);
  let next = last + LONGEST_DAY_MINUTES;
  while (next - last > 1) {
    const middle = (last + next) >> 1;
    if (dateAt(middle * MINUTE_MS, zone) > date) next = middle;
    else last = middle;
  }
  return next * MINUTE_MS;
}

function dateAt(at: number, zone: string): number {
  return shownTime(formatOf(zone), at) / DAY_MS;
}
