/** Times as a person writes them, by the clocks of a time zone. */
import { DAY_MS } from "./durations.ts";
import { knownFormats } from "./known_formats.ts";
import { shownTime } from "./shown_time.ts";

const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const formatOf = knownFormats((timeZone) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  })
);

/**
 * Returns the times, in epoch milliseconds and in their order, at which the clocks of a zone show a date and a time of
 * day: one; none when the clocks skip it; two when they are put back and show it twice. `undefined` when a text is not a
 * date such as `2026-11-23`, or a time such as `09:30`.
 *
 * @param zone an IANA name, such as `Europe/Kyiv`
 * @throws {RangeError} when there is no such time zone
 */
export function localTimes(
  date: string,
  time: string,
  zone: string,
): readonly number[] | undefined {
  if (!DATE.test(date) || !TIME.test(time)) return undefined;
  const shown = Date.parse(`${date}T${time}:00Z`);
  // `Date.parse` takes the 31st of a shorter month.
  if (Number.isNaN(shown) || !new Date(shown).toISOString().startsWith(date)) return undefined;
  // No zone is more than 14 hours from UTC, and none changes its clocks twice within two days.
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((at) => shownAt(at, zone) - at);
  const times = new Set(offsets.map((offset) => shown - offset));
  return [...times].filter((at) => shownAt(at, zone) === shown).toSorted((a, b) => a - b);
}

function shownAt(at: number, zone: string): number {
  return shownTime(formatOf(zone), at);
}
