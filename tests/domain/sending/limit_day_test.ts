import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import type { ServiceId } from "../../../domain/ids.ts";
import { changeZone, limitDayOf } from "../../../domain/sending/limit_day.ts";
import { dailyCharge } from "../../../domain/sending/limits.ts";
import { refusalMessage } from "../../../domain/sending/refusal_messages.ts";
import { DEFAULT_SETTINGS, type Service } from "../../../domain/service/service.ts";
import { DAY_MS, HOUR_MS } from "../../../domain/time/durations.ts";
import { isoDate } from "../../../domain/time/local_day.ts";

const at = (iso: string) => Date.parse(iso);
const NOON = at("2026-11-22T12:00:00Z");

function serviceIn(time_zone: string): Service {
  return {
    id: "11111111-1111-4111-8111-111111111111" as ServiceId,
    name: "Service",
    mode: "live",
    active: true,
    revision: 1,
    settings: { ...DEFAULT_SETTINGS, time_zone },
    createdAt: NOON,
    updatedAt: NOON,
  };
}

/** The service after its time zone was changed. */
function moved(service: Service, time_zone: string, now: number): Service {
  const zoneChange = changeZone(service, time_zone, now) ?? service.zoneChange;
  return { ...service, zoneChange, settings: { ...service.settings, time_zone } };
}

/** The date that a day's number stands for, and when the day ends. */
function dayAt(service: Service, time: number): readonly [string, string] {
  const { day, endsAt } = limitDayOf(service, time);
  return [isoDate(day), new Date(endsAt).toISOString().slice(0, 16)];
}

Deno.test("limitDayOf: is the local day of the service's time zone, by default of UTC", () => {
  assert.deepEqual(dayAt(serviceIn("UTC"), NOON), ["2026-11-22", "2026-11-23T00:00"]);
  assert.deepEqual(dayAt(serviceIn("Pacific/Kiritimati"), NOON), [
    "2026-11-23",
    "2026-11-23T10:00",
  ]);
  assert.deepEqual(dayAt(serviceIn("Asia/Kathmandu"), at("2026-11-22T18:15:00Z")), [
    "2026-11-23",
    "2026-11-23T18:15",
  ]);
});

Deno.test("limitDayOf: the day goes on until the next local midnight when the zone changes to the east", () => {
  const service = moved(serviceIn("UTC"), "Pacific/Kiritimati", NOON);
  const [today, midnight] = ["2026-11-22", "2026-11-23T10:00"];
  assert.deepEqual(dayAt(service, NOON), [today, midnight]);
  // Neither the old midnight nor the new date begins a day before.
  assert.deepEqual(dayAt(service, at("2026-11-23T00:00:00Z")), [today, midnight]);
  assert.deepEqual(dayAt(service, at("2026-11-23T09:59:59.999Z")), [today, midnight]);
  assert.deepEqual(dayAt(service, at("2026-11-23T10:00:00Z")), ["2026-11-23", "2026-11-24T10:00"]);
  assert.deepEqual(dayAt(service, at("2026-11-24T10:00:00Z")), ["2026-11-24", "2026-11-25T10:00"]);
});

Deno.test("limitDayOf: a new day begins at the next local midnight when the zone changes to the west", () => {
  const now = at("2026-11-23T03:00:00Z");
  const service = moved(serviceIn("UTC"), "America/Los_Angeles", now);
  assert.deepEqual(dayAt(service, now), ["2026-11-23", "2026-11-23T08:00"]);
  assert.deepEqual(dayAt(service, at("2026-11-23T07:59:59.999Z")), [
    "2026-11-23",
    "2026-11-23T08:00",
  ]);
  assert.deepEqual(dayAt(service, at("2026-11-23T08:00:00Z")), ["2026-11-24", "2026-11-24T08:00"]);
});

Deno.test("changeZone: a zone with the same midnight and a change back change no day", () => {
  const summer = at("2026-11-22T12:00:00Z");
  const london = moved(serviceIn("UTC"), "Europe/London", summer);
  for (let hours = 0; hours < 100; hours++) {
    const time = summer + hours * HOUR_MS;
    assert.deepEqual(limitDayOf(london, time), limitDayOf(serviceIn("UTC"), time));
  }
  const back = moved(moved(serviceIn("UTC"), "Asia/Tokyo", NOON), "UTC", NOON + HOUR_MS);
  for (let hours = 1; hours < 100; hours++) {
    const time = NOON + hours * HOUR_MS;
    assert.deepEqual(limitDayOf(back, time), limitDayOf(serviceIn("UTC"), time));
  }
  assert.equal(changeZone(serviceIn("UTC"), "UTC", NOON), undefined);
});

Deno.test("limitDayOf: after any changes of the zone, days follow each other and none comes twice", () => {
  const zone = fc.constantFrom(
    "UTC",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Asia/Kathmandu",
    "Europe/Kyiv",
    "America/New_York",
  );
  const change = fc.record({ zone, afterMinutes: fc.integer({ min: 1, max: 3_000 }) });
  const start = at("2026-10-20T00:00:00Z");
  fc.assert(
    fc.property(zone, fc.array(change, { maxLength: 8 }), (first, changes) => {
      let service = serviceIn(first);
      let now = start;
      let day = limitDayOf(service, now);
      const stepTo = (time: number) => {
        while (now < time) {
          // From here the next event is the end of the day, or the change.
          const next = Math.min(time, day.endsAt);
          assert.deepEqual(limitDayOf(service, next - 1), day);
          const after = limitDayOf(service, next);
          assert.equal(after.day, next === day.endsAt ? day.day + 1 : day.day);
          [now, day] = [next, after];
        }
      };
      for (const { zone, afterMinutes } of changes) {
        stepTo(now + afterMinutes * 60_000);
        service = moved(service, zone, now);
        const { day: number, endsAt } = limitDayOf(service, now);
        assert.equal(number, day.day, "the day of the change goes on");
        assert.ok(endsAt > now && endsAt <= now + 25 * HOUR_MS);
        day = { day: number, endsAt };
      }
      stepTo(now + 10 * DAY_MS);
    }),
    { numRuns: 300 },
  );
});

Deno.test("limitDayOf: what is scheduled for tomorrow counts for tomorrow after a change of the zone", () => {
  const before = serviceIn("UTC");
  const tomorrow = limitDayOf(before, at("2026-11-23T15:00:00Z")).day;
  for (const zone of ["Pacific/Kiritimati", "Europe/Kyiv", "America/Los_Angeles"]) {
    const service = moved(before, zone, NOON);
    const { endsAt } = limitDayOf(service, NOON);
    assert.equal(limitDayOf(service, endsAt).day, tomorrow, zone);
  }
});

Deno.test("dailyCharge: is of the day on which the message is sent, whose date the refusal names where it is not today", () => {
  const service = serviceIn("Europe/Kyiv");
  const message = (sendAt: number) =>
    refusalMessage(dailyCharge(service, "sms", NOON, sendAt).refusal, "");
  const midnight = at("2026-11-22T22:00:00Z");
  assert.equal(message(NOON), "Exceeded send limits (sms: 250000) for today");
  assert.equal(message(midnight - 1), "Exceeded send limits (sms: 250000) for today");
  assert.equal(message(midnight), "Exceeded send limits (sms: 250000) for 2026-11-23");
  const charge = dailyCharge(service, "sms", NOON, midnight);
  assert.equal(charge.scope, "day:2026-11-23:sms");
  assert.ok("retryAfterS" in charge.refusal);
  assert.equal(charge.refusal.retryAfterS, 34 * 3_600);
  assert.ok(charge.expiresAt > midnight + DAY_MS, "the counter outlives its day");
});
