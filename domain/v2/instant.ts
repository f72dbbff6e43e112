/** Reads a time that is acted on: where it names a zone, that counts. */
import { parseIsoDateTime } from "./iso_datetime.ts";

const ZONE = /(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:\.[0-9]+)?)?)$/;
const AFTER_DATE = 8;

/**
 * The instant that a date and time in ISO 8601 names, in whole epoch milliseconds; UTC where it names no zone.
 *
 * @returns `undefined` for what is no such date
 */
export function toInstant(text: string): number | undefined {
  const wall = parseIsoDateTime(text);
  if (wall === undefined) return undefined;
  // A date by itself ends in what looks like an offset.
  const zone = /[T ]/i.test(text.slice(AFTER_DATE)) ? ZONE.exec(text) : null;
  const [, sign, hours, minutes, seconds = "0"] = zone ?? [];
  const offsetS = Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds);
  return Math.floor(wall - (sign === "-" ? -offsetS : offsetS) * 1_000);
}
