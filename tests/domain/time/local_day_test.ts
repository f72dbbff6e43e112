import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { isoDate, localDay } from "../../../domain/time/local_day.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../domain/time/durations.ts";

const at = (iso: string) => Date.parse(iso);

/** A time within a day, the day's local date, and the first moment of the next day. */
const DAYS: readonly (readonly [zone: string, time: string, date: string, ends: string])[] = [
  ["UTC", "2026-11-23T00:00:00Z", "2026-11-23", "2026-11-24T00:00:00Z"],
  ["UTC", "2026-11-22T23:59:59.999Z", "2026-11-22", "2026-11-23T00:00:00Z"],
  ["Etc/UTC", "2026-11-22T23:59:59.999Z", "2026-11-22", "2026-11-23T00:00:00Z"],
  ["Europe/Kyiv", "2026-11-22T21:59:59.999Z", "2026-11-22", "2026-11-22T22:00:00Z"],
  ["Europe/Kyiv", "2026-11-22T22:00:00Z", "2026-11-23", "2026-11-23T22:00:00Z"],
  // 23 hours, and 25.
  ["Europe/Kyiv", "2026-03-28T22:00:00Z", "2026-03-29", "2026-03-29T21:00:00Z"],
  ["Europe/Kyiv", "2026-10-24T21:00:00Z", "2026-10-25", "2026-10-25T22:00:00Z"],
  ["Europe/London", "2026-03-29T00:30:00Z", "2026-03-29", "2026-03-29T23:00:00Z"],
  ["America/New_York", "2026-11-01T03:59:59Z", "2026-10-31", "2026-11-01T04:00:00Z"],
  ["America/New_York", "2026-11-01T04:00:00Z", "2026-11-01", "2026-11-02T05:00:00Z"],
  ["Asia/Kathmandu", "2026-11-22T18:14:59.999Z", "2026-11-22", "2026-11-22T18:15:00Z"],
  ["Asia/Kathmandu", "2026-11-22T18:15:00Z", "2026-11-23", "2026-11-23T18:15:00Z"],
  ["Pacific/Kiritimati", "2026-11-22T10:00:00Z", "2026-11-23", "2026-11-23T10:00:00Z"],
  ["Pacific/Chatham", "2026-11-22T10:14:59Z", "2026-11-22", "2026-11-22T10:15:00Z"],
  ["Etc/GMT+12", "2026-11-22T11:59:59Z", "2026-11-21", "2026-11-22T12:00:00Z"],
  // Half an hour of summer time.
  ["Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05", "2026-04-05T13:30:00Z"],
  // The clocks skip midnight: the day begins at one o'clock.
  ["Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23", "2026-04-23T22:00:00Z"],
  ["Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-28", "2026-03-28T22:00:00Z"],
  // The clocks are set back at midnight: the day has 25 hours.
  ["Asia/Beirut", "2026-10-24T12:00:00Z", "2026-10-24", "2026-10-24T22:00:00Z"],
  // Samoa had no 30 December 2011.
  ["Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29", "2011-12-30T10:00:00Z"],
  ["Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31", "2011-12-31T10:00:00Z"],
];

for (const [zone, time, date, ends] of DAYS) {
  Deno.test(`localDay: is ${date} in ${zone} at ${time}, until ${ends}`, () => {
    const day = localDay(at(time), zone);
    assert.equal(isoDate(day.date), date);
    assert.equal(day.endsAt, at(ends));
  });
}

Deno.test("localDay: refuses an unknown time zone", () => {
  assert.throws(() => localDay(0, "Europe/Atlantis"), RangeError);
});

Deno.test("localDay: days follow each other without a gap, each of 23 to 25 hours, in any order of the calls", () => {
  const zones = [
    "Europe/Kyiv",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Africa/Cairo",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Havana",
    "Atlantic/Azores",
    "UTC",
  ];
  const time = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z") });
  fc.assert(
    fc.property(fc.constantFrom(...zones), time, (zone, time) => {
      const day = localDay(time, zone);
      assert.ok(day.endsAt > time && day.endsAt - time <= 25 * HOUR_MS);
      assert.deepEqual(localDay(day.endsAt - 1, zone), day);
      const next = localDay(day.endsAt, zone);
      assert.equal(next.date, day.date + 1);
      const length = next.endsAt - day.endsAt;
      assert.ok(length >= 23 * HOUR_MS && length <= 25 * HOUR_MS && length % MINUTE_MS === 0);
      const later = localDay(time + 400 * DAY_MS, zone);
      assert.ok(later.date - day.date >= 399 && later.date - day.date <= 401);
      // Many other days were looked up since.
      for (let ahead = 1; ahead < 50; ahead++) localDay(time + ahead * DAY_MS, zone);
      assert.deepEqual(localDay(time, zone), day);
    }),
    { numRuns: 200 },
  );
});
