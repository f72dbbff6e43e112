import assert from "node:assert/strict";
import { localTimes } from "../../../domain/time/local_time.ts";

const iso = (times: readonly number[] | undefined) =>
  times?.map((at) => new Date(at).toISOString().slice(0, 16));

Deno.test("localTimes: returns each time at which the clocks of a zone show it", () => {
  const cases = [
    ["2026-07-01", "09:00", "Europe/London", ["2026-07-01T08:00"]],
    ["2026-12-01", "09:00", "Europe/London", ["2026-12-01T09:00"]],
    ["2026-12-01", "09:00", "Europe/Kyiv", ["2026-12-01T07:00"]],
    ["2026-12-01", "00:00", "UTC", ["2026-12-01T00:00"]],
    ["2024-02-29", "23:59", "UTC", ["2024-02-29T23:59"]],
    // The clocks go forward from 01:00 to 02:00, in Kyiv from 03:00 to 04:00.
    ["2026-03-29", "00:59", "Europe/London", ["2026-03-29T00:59"]],
    ["2026-03-29", "01:00", "Europe/London", []],
    ["2026-03-29", "01:59", "Europe/London", []],
    ["2026-03-29", "02:00", "Europe/London", ["2026-03-29T01:00"]],
    ["2026-03-29", "03:30", "Europe/Kyiv", []],
    // They go back from 02:00 to 01:00.
    ["2026-10-25", "00:59", "Europe/London", ["2026-10-24T23:59"]],
    ["2026-10-25", "01:00", "Europe/London", ["2026-10-25T00:00", "2026-10-25T01:00"]],
    ["2026-10-25", "01:59", "Europe/London", ["2026-10-25T00:59", "2026-10-25T01:59"]],
    ["2026-10-25", "02:00", "Europe/London", ["2026-10-25T02:00"]],
    // By half an hour.
    ["2026-04-05", "01:45", "Australia/Lord_Howe", ["2026-04-04T14:45", "2026-04-04T15:15"]],
    // The furthest zones, and a day that Samoa left out.
    ["2026-12-01", "00:30", "Pacific/Kiritimati", ["2026-11-30T10:30"]],
    ["2026-12-01", "23:30", "Pacific/Niue", ["2026-12-02T10:30"]],
    ["2011-12-30", "12:00", "Pacific/Apia", []],
    ["2026-12-01", "09:00", "Asia/Kathmandu", ["2026-12-01T03:15"]],
  ] as const;
  for (const [date, time, zone, expected] of cases) {
    assert.deepEqual(iso(localTimes(date, time, zone)), expected, `${date} ${time} ${zone}`);
  }
});

Deno.test("localTimes: returns undefined for a text that is not a date or a time", () => {
  for (const date of ["", "2026-02-30", "2026-13-01", "2026-1-1", "01.12.2026", "2026-12-01x"]) {
    assert.equal(localTimes(date, "09:00", "UTC"), undefined, date);
  }
  for (const time of ["", "24:00", "9:00", "09:60", "09:00:00", "09.00"]) {
    assert.equal(localTimes("2026-12-01", time, "UTC"), undefined, time);
  }
});
