/** Parses a time that is acted on, with its zone. */
import { readOffset } from "./iso_clock.ts";
import { clockPart, parseIsoDateTime } from "./iso_datetime.ts";

/**
 * The instant of an ISO 8601 date and time, in whole epoch milliseconds; UTC when it has no zone.
 *
 * @returns `undefined` when the text is not such a date
 */
export function toInstant(text: string): number | undefined {
  const wall = parseIsoDateTime(text);
  return wall === undefined ? undefined : Math.floor(wall - readOffset(clockPart(text)));
}
