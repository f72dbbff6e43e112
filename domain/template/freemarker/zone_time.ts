/** Converts between moments (milliseconds since 1970 in UTC) and the local time of a time zone. */
import { knownFormats } from "../../time/known_formats.ts";
import { shownTime } from "../../time/shown_time.ts";

/** A moment's date and time in a time zone. */
export interface LocalTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** Minutes that the zone is ahead of UTC. */
  readonly offset: number;
}

const knownFormat = knownFormats((timeZone) =>
  new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  })
);
const FIXED = /^GMT([+-])(\d{1,2})(?::?(\d{2}))?$/;
const GMT = "GMT";
const MINUTE_MS = 60_000;
/** The first and last moment that a date may have: years 1 to 9999, so that every zone's year has four digits at most. */
const FIRST_MS = Date.UTC(2, 0, 1) - 1900 * 365.2425 * 86_400_000;
const LAST_MS = Date.UTC(9999, 11, 30);

/** Whether a moment is in the years 1 to 9999, the only ones that can be formatted. */
export function isMoment(ms: number): boolean {
  return ms >= FIRST_MS && ms <= LAST_MS;
}

/** Returns the format of a zone; `undefined` for an unknown zone. */
function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return knownFormat(zone);
  } catch {
    return undefined;
  }
}

function fixedOffset(zone: string): number | undefined {
  if (zone === "UTC" || zone === GMT) return 0;
  const [, sign, hours, minutes = "0"] = FIXED.exec(zone) ?? [];
  if (sign === undefined) return undefined;
  return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
}

/**
 * Reads a time zone as Java does, the runtime of the registries platform: a name such as `Europe/Kiev`, or an offset
 * such as `GMT+2`, which becomes `GMT+02:00`. Any other text is GMT.
 */
export function toZone(written: string): string {
  const [, sign, hours = "", minutes = "00"] = FIXED.exec(written) ?? [];
  if (sign !== undefined) {
    const isOffset = Number(hours) < 24 && Number(minutes) < 60;
    return isOffset ? `GMT${sign}${hours.padStart(2, "0")}:${minutes}` : GMT;
  }
  return /^[A-Za-z]/.test(written) && formatOf(written) !== undefined ? written : GMT;
}

/** Whether a text is a time zone that {@link toZone} knows; it reads any other as GMT. */
export function isZone(written: string): boolean {
  return written === GMT || toZone(written) !== GMT;
}

/** Whether a zone, as {@link toZone} returns it, is a fixed offset such as `GMT+02:00`. */
export function isFixedZone(zone: string): boolean {
  return FIXED.test(zone);
}

/** Returns the name that `Intl` has for a zone that {@link toZone} returned: `+02:00` for `GMT+02:00`. */
export function intlZone(zone: string): string {
  return isFixedZone(zone) ? zone.slice(GMT.length) : zone;
}

/** Minutes that a zone is ahead of UTC at a moment; 0 for an unknown zone. */
export function offsetAt(ms: number, zone: string): number {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return fixed;
  const format = formatOf(zone);
  if (format === undefined) return 0;
  return Math.round((shownTime(format, ms) - Math.floor(ms / 1000) * 1000) / MINUTE_MS);
}

/** Returns a moment's local date and time. @param zone as {@link toZone} returns it */
export function localTime(ms: number, zone: string): LocalTime {
  const offset = offsetAt(ms, zone);
  const date = new Date(ms + offset * MINUTE_MS);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    offset,
  };
}

/** A local date and time whose fields may be out of range: the 32nd of January is the first of February. */
export type Fieldset = Omit<LocalTime, "offset">;

/**
 * Returns the moment of a local date and time, in milliseconds since 1970 in UTC. Where the clocks skip or repeat it,
 * the offset from before the change counts. `NaN` for one that {@link isMoment} refuses.
 */
export function momentOf(fields: Fieldset, zone: string): number {
  const { year, month, day, hour, minute, second, millisecond } = fields;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, millisecond);
  const utc = local.getTime();
  if (!isMoment(utc)) return NaN;
  const before = offsetAt(utc - 86_400_000, zone);
  const first = utc - before * MINUTE_MS;
  if (offsetAt(first, zone) === before) return first;
  return utc - offsetAt(first, zone) * MINUTE_MS;
}
