/** Parses a date and time as Python 3.11's `datetime.fromisoformat` does. No clock; zones are dropped. */
import { parseClock } from "./iso_clock.ts";
import { DAY_MS } from "../time/durations.ts";

const SHORTEST = 7;
const CALENDAR_DATE = /^(\d{4})(-?)(\d\d)\2(\d\d)$/;
const WEEK_DATE = /^(\d{4})(-?)W(\d\d)(?:\2(\d))?$/;

/**
 * Parses an ISO 8601 date, alone or with a time, as leniently as Python does: dashes and colons optional, week dates,
 * any one character between date and time, fractions of a second after a dot or a comma.
 *
 * A zone must be well formed but is dropped, not converted, as in GOV.UK Notify.
 *
 * @returns the wall-clock time as epoch milliseconds, as though it were UTC, with microseconds as a fraction;
 * `undefined` when the text is not such a date
 */
export function parseIsoDateTime(text: string): number | undefined {
  if (text.length < SHORTEST) return undefined;
  const split = dateLength(text);
  const date = parseDate(text.slice(0, split));
  if (date === undefined) return undefined;
  const rest = text.slice(split);
  if (rest === "") return date;
  const clock = parseClock(clockPart(text));
  return clock === undefined ? undefined : date + clock;
}

/**
 * Returns the time of day and the zone of a date and time that `parseIsoDateTime` can parse: all after the date and one
 * character. Empty for a date alone.
 */
export function clockPart(text: string): string {
  const rest = text.slice(dateLength(text));
  return rest.slice(rest[Symbol.iterator]().next().value?.length ?? 0);
}

/** The length of the date in the text; the rest, if any, is a separator and a time. */
function dateLength(text: string): number {
  if (text.length === SHORTEST) return SHORTEST;
  if (text[4] === "-") {
    if (text[5] !== "W") return 10;
    if (text[8] !== "-") return 8;
    // YYYY-Www-D, or YYYY-Www with a dash before the hour?
    return /^\d$/.test(text[10] ?? "") ? 8 : 10;
  }
  if (text[4] !== "W") return 8;
  // YYYYWww or YYYYWwwD: the digits of a time come in pairs.
  const digits = /^\d*/.exec(text.slice(7))?.[0].length ?? 0;
  if (digits < 2) return 7 + digits;
  return digits % 2 === 1 ? 7 : 8;
}

function parseDate(text: string): number | undefined {
  const [, year, , month, day] = CALENDAR_DATE.exec(text) ?? [];
  if (year !== undefined) return fromCalendar(Number(year), Number(month), Number(day));
  const [, weekYear, , week, weekday = "1"] = WEEK_DATE.exec(text) ?? [];
  if (weekYear !== undefined) return fromWeek(Number(weekYear), Number(week), Number(weekday));
  return undefined;
}

function fromCalendar(year: number, month: number, day: number): number | undefined {
  const date = utc(year, month, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return year >= 1 && isReal ? date.getTime() : undefined;
}

function fromWeek(year: number, week: number, weekday: number): number | undefined {
  if (year < 1 || week < 1 || week > weeksIn(year) || weekday < 1 || weekday > 7) return undefined;
  const days = (week - 1) * 7 + weekday - 1;
  const time = firstMonday(year) + days * DAY_MS;
  const isInRange = time >= utc(1, 1, 1).getTime() && time < utc(10000, 1, 1).getTime();
  return isInRange ? time : undefined;
}

/** The Monday of week 1, which is the week that holds 4 January. */
function firstMonday(year: number): number {
  const fourth = utc(year, 1, 4);
  return fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY_MS;
}

function weeksIn(year: number): number {
  return (firstMonday(year + 1) - firstMonday(year)) / (7 * DAY_MS);
}

function utc(year: number, month: number, day: number): Date {
  // Date.UTC would read the years 0 to 99 as 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}
