/**
 * Parses the time of day of an ISO 8601 text as CPython 3.11 does.
 *
 * It keeps the oddities of CPython's grammar (`12.5` is twelve o'clock and half a second, `12:+00` is valid), because
 * every text that CPython accepts must be accepted here.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time/durations.ts";

interface Components {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** The whole text was parsed. */
  readonly complete: boolean;
}

/**
 * Parses `HH[:MM[:SS[.ffffff]]]` with an optional zone.
 *
 * @returns milliseconds since midnight with microseconds as a fraction, zone ignored; `undefined` when malformed
 */
export function parseClock(text: string): number | undefined {
  const zoneAt = text.search(/[-+Z]/);
  const time = parseComponents(zoneAt < 0 ? text : text.slice(0, zoneAt));
  if (time === undefined || !isZoneFine(text, zoneAt, time)) return undefined;
  if (time.hour > 23 || time.minute > 59 || time.second > 59) return undefined;
  return toMs(time);
}

/**
 * Reads the zone's offset from UTC in milliseconds, 0 without a zone.
 *
 * @param text a time of day with or without a zone, which `parseClock` can parse
 */
export function readOffset(text: string): number {
  const [zone, sign] = /([-+])(.+)$/s.exec(text) ?? [];
  const offset = zone === undefined ? undefined : parseComponents(zone.slice(1));
  if (offset === undefined) return 0;
  return sign === "-" ? -toMs(offset) : toMs(offset);
}

function isZoneFine(text: string, zoneAt: number, time: Components): boolean {
  if (zoneAt < 0) return time.complete;
  const zone = text.slice(zoneAt + 1);
  if (text[zoneAt] === "Z") return zone === "";
  const offset = parseComponents(zone);
  return offset !== undefined && offset.complete && toMs(offset) < DAY_MS;
}

function toMs({ hour, minute, second, microsecond }: Components): number {
  return hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + microsecond / 1000;
}

/** Two digits up to three times, then a fraction; `undefined` when CPython calls it malformed. */
function parseComponents(text: string): Components | undefined {
  const pairs: number[] = [];
  let at = 0;
  let hasColons = true;
  while (pairs.length < 3) {
    const pair = /^\d\d/.exec(text.slice(at))?.[0];
    if (pair === undefined) return undefined;
    pairs.push(Number(pair));
    at += 2;
    const next = text[at];
    if (pairs.length === 1) hasColons = next === ":";
    if (at + 1 >= text.length) return toComponents(pairs, 0, next === undefined);
    if (next === "." || next === ",") {
      at += 1;
      break;
    }
    if (hasColons && next !== ":") return undefined;
    if (hasColons) at += 1;
  }
  const [fraction = "", rest = ""] = [text.slice(at, at + 6), text.slice(at + 6)];
  if (!/^\d+$/.test(fraction)) return undefined;
  return toComponents(pairs, Number(fraction.padEnd(6, "0")), /^\d*$/.test(rest));
}

function toComponents(
  pairs: readonly number[],
  microsecond: number,
  complete: boolean,
): Components {
  const [hour = 0, minute = 0, second = 0] = pairs;
  return { hour, minute, second, microsecond, complete };
}
