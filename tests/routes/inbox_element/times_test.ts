import assert from "node:assert/strict";
import { TEXTS } from "../../../routes/inbox_element/texts.js";
import { createTimeFormat, untilTomorrowMs } from "../../../routes/inbox_element/times.js";
import { test } from "../../support/runner.ts";

/** Times as a formatter prints them: with narrow or plain blanks, by the version of the locale's data. */
function shown(language: "uk" | "en", zone: string, at: string, now: string): string {
  const format = createTimeFormat(language === "en" ? "en-GB" : "uk", TEXTS[language], zone);
  return format(new Date(at), new Date(now)).replaceAll(/\s/g, " ");
}

const CASES: readonly (readonly [zone: string, at: string, now: string, en: string, uk: string])[] =
  [
    ["Europe/Kyiv", "2026-11-29T12:08Z", "2026-11-29T12:08Z", "Today, 14:08", "Сьогодні, 14:08"],
    ["Europe/Kyiv", "2026-11-28T22:00Z", "2026-11-29T21:59Z", "Today, 00:00", "Сьогодні, 00:00"],
    ["Europe/Kyiv", "2026-11-28T21:59Z", "2026-11-28T22:00Z", "Yesterday, 23:59", "Учора, 23:59"],
    ["Europe/Kyiv", "2026-11-27T22:00Z", "2026-11-29T21:59Z", "Yesterday, 00:00", "Учора, 00:00"],
    // The same moments by the reader's zone.
    ["UTC", "2026-11-28T21:59Z", "2026-11-28T22:00Z", "Today, 21:59", "Сьогодні, 21:59"],
    [
      "America/New_York",
      "2026-01-01T04:59Z",
      "2026-01-01T05:00Z",
      "Yesterday, 23:59",
      "Учора, 23:59",
    ],
    // Days of 23 and 25 hours.
    ["Europe/Kyiv", "2026-03-28T22:30Z", "2026-03-29T20:30Z", "Today, 00:30", "Сьогодні, 00:30"],
    ["Europe/Kyiv", "2026-10-24T21:30Z", "2026-10-25T21:30Z", "Today, 00:30", "Сьогодні, 00:30"],
    ["Europe/Kyiv", "2026-10-23T21:30Z", "2026-10-25T21:30Z", "Yesterday, 00:30", "Учора, 00:30"],
  ];
for (const [zone, at, now, en, uk] of CASES) {
  test.inside(`createTimeFormat: shows ${at} as ${en} at ${now} in ${zone}, in English and Ukrainian`, () => {
    assert.equal(shown("en", zone, at, now), en);
    assert.equal(shown("uk", zone, at, now), uk);
  });
}

test.inside("createTimeFormat: shows the date of an earlier day, and of a day that the reader's clock has not reached", () => {
  for (const now of ["2026-11-29T00:30Z", "2026-11-26T23:30Z", "2027-11-27T12:00Z"]) {
    assert.match(shown("en", "UTC", "2026-11-27T12:08Z", now), /^27 November 2026 at 12:08$/);
    assert.match(
      shown("uk", "UTC", "2026-11-27T12:08Z", now),
      /^27 листопада 2026 р\. [ов] 12:08$/,
    );
  }
});

test.inside("untilTomorrowMs: is the time to the next local midnight, and never below a second", () => {
  assert.equal(untilTomorrowMs(new Date(2026, 10, 29, 23, 59, 0)), 60_000);
  assert.equal(untilTomorrowMs(new Date(2026, 10, 29, 23, 59, 59, 999)), 1_000);
  assert.equal(untilTomorrowMs(new Date(2026, 11, 31, 12)), 12 * 60 * 60 * 1_000);
});
