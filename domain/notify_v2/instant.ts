/** Reads a time that is acted on: where it names a zone, that counts. */
import { readOffset } from "./iso_clock.ts";
import { clockPart, parseIsoDateTime } from "./iso_datetime.ts";

/**
 * The instant that a date and time in ISO 8601 names, in whole epoch milliseconds; UTC where it names no zone.
 *
 * @returns `undefined` for what is no such date
 */
export function toInstant(text: string): number | undefined {
  const wall = parseIsoDateTime(text);
  return wall === undefined ? undefined : Math.floor(wall - readOffset(clockPart(text)));
}
