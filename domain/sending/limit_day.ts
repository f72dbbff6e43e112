/** The days that daily limits are counted by. */
import type { Service, ZoneChange } from "../service/service.ts";
import { localDay } from "../time/local_day.ts";

/** A day that a service's daily limits are counted by: usually a local day of the service's time zone. */
export interface LimitDay {
  /**
   * Its number: the number of days from 1970-01-01 to its local date, unless the time zone was changed (see
   * {@link limitDayOf}). The next day has the next number.
   */
  readonly day: number;
  /** When it ends, in epoch milliseconds. */
  readonly endsAt: number;
}

/**
 * Finds the day to which a message is charged that is sent at a time: the local day in the service's time zone.
 *
 * After a change of the time zone the day of the change goes on until the next local midnight of the new zone. The days
 * from then on are the local days of the new zone, and are numbered on from it. So every time belongs to one day, no
 * number stands for two days, and what is charged to the day after the present one stays charged to the day after it.
 *
 * @param at epoch milliseconds
 */
export function limitDayOf(
  { settings: { time_zone: zone }, zoneChange }: Pick<Service, "settings" | "zoneChange">,
  at: number,
): LimitDay {
  const local = localDay(at, zone);
  if (zoneChange === undefined) return { day: local.date, endsAt: local.endsAt };
  const { endsAt: firstMidnight } = localDay(zoneChange.at, zone);
  if (at < firstMidnight) return { day: zoneChange.day, endsAt: firstMidnight };
  const first = localDay(firstMidnight, zone).date;
  return { day: zoneChange.day + 1 + local.date - first, endsAt: local.endsAt };
}

/**
 * Returns what is to be stored with a service whose time zone is changed, for {@link limitDayOf}; `undefined` when the
 * zone stays the same, and what is stored stays too.
 *
 * @param before the service before the change
 * @param now epoch milliseconds
 */
export function changeZone(before: Service, zone: string, now: number): ZoneChange | undefined {
  if (zone === before.settings.time_zone) return undefined;
  return { at: now, day: limitDayOf(before, now).day };
}
