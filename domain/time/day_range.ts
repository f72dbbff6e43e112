import { DAY_MS, HOUR_MS } from "./durations.ts";
import { isoDate, localDay } from "./local_day.ts";

/** The times of a day in a time zone, in epoch milliseconds. */
export interface DayRange {
  readonly since: number;
  /** The first moment after the day. */
  readonly until: number;
}

/**
 * Returns the times of the day with an ISO date, such as `2026-11-23`, in a time zone. `undefined` when the text is not
 * a date, or the zone has no such day.
 */
export function dayRange(date: string, zone: string): DayRange | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const noon = Date.parse(`${date}T12:00:00Z`);
  if (Number.isNaN(noon)) return undefined;
  // The day of a zone contains its own noon, which is at most 14 hours away.
  for (const at of [noon, noon - 14 * HOUR_MS, noon + 14 * HOUR_MS]) {
    const day = localDay(at, zone);
    if (isoDate(day.date) !== date) continue;
    // A local day has 23 to 25 hours, so this time is of the day before.
    return { since: localDay(day.endsAt - DAY_MS - 6 * HOUR_MS, zone).endsAt, until: day.endsAt };
  }
  return undefined;
}
