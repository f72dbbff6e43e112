import assert from "node:assert/strict";
import { dayRange } from "../../../domain/time/day_range.ts";

const HOUR_MS = 3_600_000;

/** The times of a day in UTC, and its length in hours. */
function describe(date: string, zone: string) {
  const range = dayRange(date, zone);
  return range && [new Date(range.since).toISOString(), (range.until - range.since) / HOUR_MS];
}

Deno.test("dayRange: a day begins at the zone's midnight and has 23 to 25 hours", () => {
  assert.deepEqual(describe("2026-11-29", "UTC"), ["2026-11-29T00:00:00.000Z", 24]);
  assert.deepEqual(describe("2026-03-29", "Europe/Kyiv"), ["2026-03-28T22:00:00.000Z", 23]);
  assert.deepEqual(describe("2026-10-25", "Europe/Kyiv"), ["2026-10-24T21:00:00.000Z", 25]);
  assert.deepEqual(describe("2026-11-29", "Pacific/Kiritimati"), ["2026-11-28T10:00:00.000Z", 24]);
  assert.deepEqual(describe("2026-11-29", "Pacific/Pago_Pago"), ["2026-11-29T11:00:00.000Z", 24]);
});

Deno.test("dayRange: undefined for a text that is not a date, and for a date that the zone skipped", () => {
  for (const text of ["", "2026-02-30", "2026-13-01", "29.11.2026", "2026-11-29T00:00", "x"]) {
    assert.equal(dayRange(text, "UTC"), undefined, text);
  }
  assert.equal(dayRange("2011-12-30", "Pacific/Apia"), undefined);
});
