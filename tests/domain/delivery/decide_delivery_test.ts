import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  decideDelivery,
  endOfQuiet,
  parseTimeOfDay,
} from "../../../domain/delivery/decide_delivery.ts";
import type { Delivery } from "../../../domain/notification/notification.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const at = (text: string) => Date.parse(text);
const settings = (hours: string, time_zone = "UTC") => {
  const [start = "", end = ""] = hours.split("-");
  return { quiet_hours: { start, end }, time_zone };
};
const endAt = (hours: string, zone: string, now: string) => {
  const end = endOfQuiet(settings(hours, zone), at(now));
  return end === undefined ? undefined : new Date(end).toISOString().replace(".000Z", "Z");
};

Deno.test("parseTimeOfDay: accepts hours and minutes only", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["00:00", 0],
    ["07:05", 425],
    ["23:59", 1439],
    ["24:00", undefined],
    ["12:60", undefined],
    ["7:00", undefined],
    ["07:00:00", undefined],
    [" 07:00", undefined],
    ["07:00\n", undefined],
    ["", undefined],
    ["٠٧:٠٠", undefined],
  ];
  for (const [text, minutes] of cases) assert.equal(parseTimeOfDay(text), minutes, text);
});

Deno.test("endOfQuiet: quiet hours include their start and exclude their end", () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    // In one day.
    ["13:00-15:00", "2026-05-04T12:59:59.999Z", undefined],
    ["13:00-15:00", "2026-05-04T13:00:00Z", "2026-05-04T15:00:00Z"],
    ["13:00-15:00", "2026-05-04T14:59:59.999Z", "2026-05-04T15:00:00Z"],
    ["13:00-15:00", "2026-05-04T15:00:00Z", undefined],
    // Over midnight.
    ["21:00-07:30", "2026-05-04T20:59:59.999Z", undefined],
    ["21:00-07:30", "2026-05-04T21:00:00Z", "2026-05-05T07:30:00Z"],
    ["21:00-07:30", "2026-05-04T23:59:30Z", "2026-05-05T07:30:00Z"],
    ["21:00-07:30", "2026-05-05T00:00:00Z", "2026-05-05T07:30:00Z"],
    ["21:00-07:30", "2026-05-05T07:29:59.999Z", "2026-05-05T07:30:00Z"],
    ["21:00-07:30", "2026-05-05T07:30:00Z", undefined],
    // To midnight and from it; over a month's and a year's end.
    ["21:00-00:00", "2026-12-31T22:15:00Z", "2027-01-01T00:00:00Z"],
    ["21:00-00:00", "2027-01-01T00:00:00Z", undefined],
    ["00:00-06:00", "2026-03-01T00:00:00Z", "2026-03-01T06:00:00Z"],
    ["00:00-23:59", "2026-03-01T23:59:00Z", undefined],
    // The longest: all but a minute.
    ["07:00-06:59", "2026-05-04T07:00:00Z", "2026-05-05T06:59:00Z"],
    ["07:00-06:59", "2026-05-04T06:59:30Z", undefined],
  ];
  for (const [hours, now, end] of cases) assert.equal(endAt(hours, "UTC", now), end, now);
});

Deno.test("endOfQuiet: returns undefined without quiet hours, or when start and end are equal", () => {
  const now = at("2026-05-04T12:00:00Z");
  assert.equal(endOfQuiet({ quiet_hours: null, time_zone: "UTC" }, now), undefined);
  for (const hours of ["12:00-12:00", "00:00-00:00", "25:00-07:00", "21:00-"]) {
    assert.equal(endOfQuiet(settings(hours), now), undefined, hours);
  }
});

Deno.test("endOfQuiet: uses the service's time zone", () => {
  const cases: readonly (readonly [string, string, string, string | undefined])[] = [
    ["Europe/Kyiv", "21:00-07:00", "2026-01-10T18:59:00Z", undefined],
    ["Europe/Kyiv", "21:00-07:00", "2026-01-10T19:00:00Z", "2026-01-11T05:00:00Z"],
    ["Europe/Kyiv", "21:00-07:00", "2026-07-10T18:00:00Z", "2026-07-11T04:00:00Z"],
    ["America/New_York", "21:00-07:00", "2026-01-11T02:00:00Z", "2026-01-11T12:00:00Z"],
    ["Asia/Kathmandu", "21:00-07:00", "2026-01-10T15:15:00Z", "2026-01-11T01:15:00Z"],
    ["Pacific/Kiritimati", "21:00-07:00", "2026-01-10T07:00:00Z", "2026-01-10T17:00:00Z"],
  ];
  for (const [zone, hours, now, end] of cases) assert.equal(endAt(hours, zone, now), end, zone);
});

/**
 * Kyiv's clocks go from 03:00 to 04:00 on 2026-03-29 (at 01:00 UTC), and from 04:00 back to 03:00 on 2026-10-25 (at
 * 01:00 UTC).
 */
Deno.test("endOfQuiet: is right when the clocks change during quiet hours", () => {
  const zone = "Europe/Kyiv";
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    // Spring: an hour less.
    ["21:00-07:00", "2026-03-28T19:00:00Z", "2026-03-29T04:00:00Z"],
    ["21:00-07:00", "2026-03-29T00:59:00Z", "2026-03-29T04:00:00Z"],
    ["21:00-07:00", "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"],
    ["21:00-07:00", "2026-03-29T04:00:00Z", undefined],
    ["21:00-03:00", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"],
    ["21:00-03:30", "2026-03-28T19:00:00Z", "2026-03-29T01:00:00Z"],
    ["21:00-03:30", "2026-03-29T00:59:30Z", "2026-03-29T01:00:00Z"],
    ["21:00-04:00", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"],
    ["03:15-03:45", "2026-03-29T01:00:00Z", undefined],
    // Autumn: an hour more.
    ["21:00-07:00", "2026-10-24T18:00:00Z", "2026-10-25T05:00:00Z"],
    ["21:00-07:00", "2026-10-25T00:59:00Z", "2026-10-25T05:00:00Z"],
    ["21:00-07:00", "2026-10-25T01:00:00Z", "2026-10-25T05:00:00Z"],
    ["21:00-07:00", "2026-10-25T05:00:00Z", undefined],
    ["21:00-04:00", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"],
    ["21:00-04:00", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"],
  ];
  for (const [hours, now, end] of cases) {
    assert.equal(endAt(hours, zone, now), end, `${hours} ${now}`);
  }
});

Deno.test("endOfQuiet: is within a day, after now and outside quiet hours, unless the clocks go back into them", () => {
  const minuteOfDay = fc.integer({ min: 0, max: 1439 }).map((minute) =>
    new Date(minute * MINUTE).toISOString().slice(11, 16)
  );
  fc.assert(fc.property(
    minuteOfDay,
    minuteOfDay,
    fc.constantFrom("UTC", "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe"),
    fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") }),
    (start, end, zone, now) => {
      const until = endOfQuiet(settings(`${start}-${end}`, zone), now);
      if (until === undefined) return;
      assert.ok(until > now && until <= now + DAY + 60 * MINUTE);
      assert.equal(until % MINUTE, 0);
      // However the clocks change, a few steps lead out of the quiet.
      let left = until;
      for (let step = 0; step < 4; step++) {
        const again = endOfQuiet(settings(`${start}-${end}`, zone), left);
        if (again === undefined) return;
        assert.ok(again > left);
        left = again;
      }
      assert.fail(`${start}-${end} ${zone} ${now}`);
    },
  ));
});

Deno.test("decideDelivery: sends, postpones or expires", () => {
  const noon = at("2026-05-04T12:00:00Z");
  const quiet = settings("11:00-13:00");
  const hold = { kind: "hold", until: noon + 60 * MINUTE } as const;
  const go = { kind: "go" } as const;
  const expired = { kind: "expired" } as const;
  const cases: readonly (readonly [
    Channel,
    Delivery | undefined,
    ReturnType<typeof decideDelivery>,
  ])[] = [
    ["sms", undefined, hold],
    ["sms", {}, hold],
    ["email", {}, hold],
    ["diia", {}, hold],
    ["inbox", {}, go],
    ["sms", { urgent: true }, go],
    ["sms", { urgent: false }, hold],
    ["sms", { validUntil: noon }, expired],
    ["sms", { validUntil: noon + 1 }, { kind: "hold", until: noon + 1 }],
    ["sms", { validUntil: noon, urgent: true }, expired],
    ["sms", { validUntil: noon + 1, urgent: true }, go],
    ["inbox", { validUntil: noon }, expired],
    ["inbox", { validUntil: noon + 1 }, go],
    ["sms", { scheduledFor: noon }, hold],
  ];
  for (const [channel, delivery, verdict] of cases) {
    const decision = decideDelivery({ channel, delivery }, quiet, noon);
    assert.deepEqual(decision, verdict, `${channel} ${JSON.stringify(delivery)}`);
  }
  for (const channel of CHANNELS) {
    assert.deepEqual(decideDelivery({ channel }, settings("13:00-14:00"), noon), go);
  }
});
