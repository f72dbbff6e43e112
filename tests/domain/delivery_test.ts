import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { endOfQuiet, judgeDelivery, parseTimeOfDay } from "../../domain/delivery.ts";

const KYIV = "Europe/Kyiv";
const NIGHT = { start: "22:00", end: "07:30" };
const at = (text: string) => Date.parse(text);

const ENDS: readonly (readonly [string, string, { start: string; end: string }, string?])[] = [
  // Within, on both sides of midnight, and at the edges.
  [KYIV, "2031-07-01T23:00:00+03:00", NIGHT, "2031-07-02T07:30:00+03:00"],
  [KYIV, "2031-07-02T03:00:00+03:00", NIGHT, "2031-07-02T07:30:00+03:00"],
  [KYIV, "2031-07-01T22:00:00+03:00", NIGHT, "2031-07-02T07:30:00+03:00"],
  [KYIV, "2031-07-02T07:29:59.999+03:00", NIGHT, "2031-07-02T07:30:00+03:00"],
  [KYIV, "2031-07-01T21:59:59.999+03:00", NIGHT],
  [KYIV, "2031-07-02T07:30:00+03:00", NIGHT],
  ["UTC", "2031-07-01T12:30:00Z", { start: "12:00", end: "13:00" }, "2031-07-01T13:00:00Z"],
  ["UTC", "2031-07-01T13:00:00Z", { start: "12:00", end: "13:00" }],
  ["Asia/Kathmandu", "2031-07-01T23:00:00+05:45", NIGHT, "2031-07-02T07:30:00+05:45"],
  // Clocks go forward and back in the night.
  [KYIV, "2026-03-28T23:00:00+02:00", NIGHT, "2026-03-29T07:30:00+03:00"],
  [KYIV, "2026-10-24T23:00:00+03:00", NIGHT, "2026-10-25T07:30:00+02:00"],
];

for (const [zone, now, quiet, end] of ENDS) {
  Deno.test(`endOfQuiet: ${quiet.start} to ${quiet.end} of ${zone} at ${now} ends ${end ?? "not"}`, () => {
    const found = endOfQuiet({ quiet_hours: quiet, time_zone: zone }, at(now));
    assert.equal(found, end === undefined ? undefined : at(end));
  });
}

Deno.test("endOfQuiet is later than now, and by no more than a long day", () => {
  const time = fc.integer({ min: 0, max: 1439 }).map((minute) =>
    `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`
  );
  const zone = fc.constantFrom(KYIV, "UTC", "America/New_York", "Pacific/Apia");
  const now = fc.integer({ min: at("2024-01-01T00:00:00Z"), max: at("2032-01-01T00:00:00Z") });
  fc.assert(fc.property(time, time, zone, now, (start, end, time_zone, when) => {
    const settings = { quiet_hours: { start, end }, time_zone };
    const until = endOfQuiet(settings, when);
    if (until === undefined) return;
    assert.ok(until > when && until <= when + 26 * 3_600_000);
  }));
});

Deno.test("judgeDelivery holds till quiet hours end, or the message is of no use", () => {
  const settings = { quiet_hours: NIGHT, time_zone: KYIV };
  const now = at("2031-07-01T23:00:00+03:00");
  const until = at("2031-07-02T07:30:00+03:00");
  const judge = (channel: "sms" | "inbox", delivery = {}) =>
    judgeDelivery({ channel, delivery }, settings, now);
  assert.deepEqual(judge("sms"), { kind: "hold", until });
  assert.deepEqual(judge("sms", { urgent: true }), { kind: "go" });
  assert.deepEqual(judge("inbox"), { kind: "go" });
  assert.deepEqual(judge("sms", { validUntil: now + 1 }), { kind: "hold", until: now + 1 });
  assert.deepEqual(judge("sms", { validUntil: until + 1 }), { kind: "hold", until });
  assert.deepEqual(judge("sms", { validUntil: now }), { kind: "expired" });
  assert.deepEqual(judge("sms", { validUntil: now, urgent: true }), { kind: "expired" });
  assert.deepEqual(judge("inbox", { validUntil: now }), { kind: "expired" });
});

Deno.test("parseTimeOfDay takes hours and minutes of a day", () => {
  assert.deepEqual(["00:00", "07:30", "23:59"].map(parseTimeOfDay), [0, 450, 1439]);
  for (const text of ["24:00", "7:30", "12:60", "", "12:00:00", " 12:00"]) {
    assert.equal(parseTimeOfDay(text), undefined, text);
  }
});
