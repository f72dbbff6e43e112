import assert from "node:assert/strict";
import { bodyOf, DAY, HOUR, NOON, SECOND } from "../support.ts";
import { iso, startLimited } from "../limit_days_support.ts";
import { test } from "../../support/runner.ts";

const tomorrow = { scheduled_for: iso(NOON + DAY) };
const TODAY = "(sms: 3) for today";
const TOMORROW = "(sms: 3) for 2031-05-15";

Deno.test("scheduled_for: a message counts for the day on which it is sent, and the 429 names the day", async () => {
  await using limited = await startLimited();
  const { send, refuses, counters, clock } = limited;
  for (let sent = 0; sent < 3; sent++) await send(tomorrow);
  // Until the end of that day.
  assert.equal(await refuses(TOMORROW, tomorrow), 36 * 3_600);
  for (let sent = 0; sent < 3; sent++) await send();
  assert.equal(await refuses(TODAY), 12 * 3_600);
  assert.equal(await refuses(TODAY, { scheduled_for: iso(NOON + 12 * HOUR - 1) }), 12 * 3_600);
  await send({ scheduled_for: iso(NOON + 2 * DAY) });
  assert.deepEqual(await counters(), {
    "day:2031-05-14:sms": 3,
    "day:2031-05-15:sms": 3,
    "day:2031-05-16:sms": 1,
  });
  clock.advance(12 * HOUR);
  await refuses(TODAY);
  clock.advance(DAY);
  await send();
});

Deno.test("scheduled_for: a used up limit of today refuses a body that is not valid, and no message for another day", async () => {
  await using limited = await startLimited({ daily_limits: { sms: 0 } });
  await limited.refuses("(sms: 0) for today");
  const answer = await limited.call("POST", "/v2/notifications/sms", "{");
  assert.match((await bodyOf(answer, 429)).errors[0].message, /for today$/);
  await limited.change({ daily_limits: { sms: 1 } });
  await limited.send();
  await limited.send(tomorrow);
  await limited.refuses("(sms: 1) for 2031-05-15", tomorrow);
});

Deno.test("POST …/cancel: gives a message back to the day that it was charged to, once", async () => {
  await using limited = await startLimited();
  const { send, refuses, cancel, counters } = limited;
  const ids = [await send(tomorrow), await send(tomorrow), await send(tomorrow)];
  await refuses(TOMORROW, tomorrow);
  const [first = ""] = ids;
  await cancel(first);
  await cancel(first);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 2 });
  await send(tomorrow);
  await refuses(TOMORROW, tomorrow);
});

Deno.test("POST …/cancel: gives a message of today back, also after this process has seen the limit used up", async () => {
  await using limited = await startLimited();
  const { send, refuses, cancel } = limited;
  const later = { scheduled_for: iso(NOON + HOUR) };
  const id = await send(later);
  await send(later);
  await send(later);
  await refuses(TODAY);
  await cancel(id);
  await send();
  await refuses(TODAY);
});

Deno.test("POST …/cancel: gives nothing back for a message that was sent", async () => {
  await using limited = await startLimited();
  const id = await limited.send();
  await limited.hark.settle();
  await bodyOf(await limited.call("POST", `/v2/notifications/${id}/cancel`), 409);
  assert.deepEqual(await limited.counters(), { "day:2031-05-14:sms": 1 });
});

Deno.test("valid_until: a message that expires unsent is given back to the day of its request", async () => {
  // Quiet hours put it off past its end.
  const quiet_hours = { start: "11:00", end: "18:00" };
  await using limited = await startLimited({ quiet_hours });
  const { send, refuses, counters, hark, clock } = limited;
  const valid_until = iso(NOON + HOUR);
  for (let sent = 0; sent < 3; sent++) await send({ valid_until });
  await refuses(TODAY);
  await hark.settle();
  clock.advance(HOUR);
  await hark.settle();
  assert.deepEqual(await counters(), {});
  await send();
});

Deno.test("quiet hours: a message that waits until the next morning counts for the day of its request", async () => {
  const quiet_hours = { start: "11:00", end: "08:00" };
  await using limited = await startLimited({ quiet_hours });
  const { send, counters, keepsPast, hark, clock } = limited;
  await send();
  const charged = { "day:2031-05-14:sms": 1 };
  assert.deepEqual(await counters(), charged);
  await hark.settle();
  clock.advance(DAY);
  await hark.settle();
  await keepsPast(charged);
});

Deno.test("scheduled_for: text messages abroad count for their day in both limits, and are given back to both", async () => {
  await using limited = await startLimited({ daily_limits: { sms: 3, international_sms: 1 } });
  const { send, refuses, cancel, counters } = limited;
  const abroad = { ...tomorrow, phone_number: "+33612345678" };
  const id = await send(abroad);
  await refuses("(international_sms: 1) for 2031-05-15", abroad);
  await send({ phone_number: "+33612345678" });
  assert.deepEqual(await counters(), {
    "day:2031-05-14:international_sms": 1,
    "day:2031-05-14:sms": 1,
    "day:2031-05-15:international_sms": 1,
    "day:2031-05-15:sms": 1,
  });
  await cancel(id);
  assert.deepEqual(await counters(), {
    "day:2031-05-14:international_sms": 1,
    "day:2031-05-14:sms": 1,
  });
  await send(abroad);
});

Deno.test("POST /v2/notifications/batch: each message counts for its own day", async () => {
  await using limited = await startLimited();
  const { service, call, counters } = limited;
  const item = (fields = {}) => ({
    type: "sms",
    phone_number: "07700900123",
    template_id: service.sms,
    personalisation: { name: "Ann" },
    ...fields,
  });
  const notifications = [
    ...Array.from({ length: 4 }, () => item(tomorrow)),
    ...Array.from({ length: 4 }, () => item()),
  ];
  const answer = await bodyOf(
    await call("POST", "/v2/notifications/batch", { notifications }),
    200,
  );
  type Item = { readonly status_code: number; readonly errors?: readonly { message: string }[] };
  assert.deepEqual(
    answer.notifications.map(({ status_code, errors }: Item) =>
      errors?.[0]?.message ?? status_code
    ),
    [
      201,
      201,
      201,
      `Exceeded send limits ${TOMORROW}`,
      201,
      201,
      201,
      `Exceeded send limits ${TODAY}`,
    ],
  );
  assert.deepEqual(await counters(), { "day:2031-05-14:sms": 3, "day:2031-05-15:sms": 3 });
});

Deno.test("time_zone: the day of daily limits is the service's own", async () => {
  // 12:00 UTC is midnight in Auckland in May.
  await using limited = await startLimited({ time_zone: "Pacific/Auckland" }, NOON - SECOND);
  const { send, refuses, clock } = limited;
  for (let sent = 0; sent < 3; sent++) await send();
  assert.equal(await refuses(TODAY), 1);
  for (let sent = 0; sent < 3; sent++) await send({ scheduled_for: iso(NOON) });
  await refuses("(sms: 3) for 2031-05-15", { scheduled_for: iso(NOON + DAY - 1) });
  clock.advance(SECOND);
  assert.equal(await refuses(TODAY), 24 * 3_600);
  clock.advance(DAY);
  await send();
});

/** Zones at a day whose length is not 24 hours, or whose offset is not of full hours: the last moment of a day. */
const LAST_MOMENTS = [
  ["Europe/Kyiv", "2031-03-29T21:59:59.999Z", 23],
  ["Europe/Kyiv", "2031-10-25T20:59:59.999Z", 25],
  ["Asia/Kathmandu", "2031-05-14T18:14:59.999Z", 24],
  ["Pacific/Kiritimati", "2031-05-14T09:59:59.999Z", 24],
  ["America/St_Johns", "2031-05-14T02:29:59.999Z", 24],
] as const;

for (const [zone, moment, hours] of LAST_MOMENTS) {
  Deno.test(`time_zone: in ${zone} a day of ${hours} hours begins after ${moment}`, async () => {
    const settings = { time_zone: zone, daily_limits: { sms: 1 } };
    await using limited = await startLimited(settings, Date.parse(moment));
    const { send, refuses, clock } = limited;
    await send();
    assert.equal(await refuses("(sms: 1) for today"), 1);
    clock.advance(1);
    await send();
    assert.equal(await refuses("(sms: 1) for today"), hours * 3_600);
    clock.advance(hours * HOUR - 1);
    assert.equal(await refuses("(sms: 1) for today"), 1);
    clock.advance(1);
    await send();
  });
}

Deno.test("PATCH time_zone: the day goes on until the next local midnight, to the east and to the west", async () => {
  await using east = await startLimited();
  for (let sent = 0; sent < 3; sent++) await east.send();
  // There it is the 15th already, until 10:00 UTC.
  await east.change({ time_zone: "Pacific/Kiritimati" });
  assert.equal(await east.refuses(TODAY), 22 * 3_600);
  east.clock.advance(12 * HOUR);
  assert.equal(await east.refuses(TODAY), 10 * 3_600);
  east.clock.advance(10 * HOUR - 1);
  assert.equal(await east.refuses(TODAY), 1);
  east.clock.advance(1);
  await east.send();

  await using west = await startLimited({}, NOON - 9 * HOUR);
  for (let sent = 0; sent < 3; sent++) await west.send();
  // There it is still the 13th, until 07:00 UTC.
  await west.change({ time_zone: "America/Los_Angeles" });
  assert.equal(await west.refuses(TODAY), 4 * 3_600);
  west.clock.advance(4 * HOUR - 1);
  assert.equal(await west.refuses(TODAY), 1);
  west.clock.advance(1);
  for (let sent = 0; sent < 3; sent++) await west.send();
  assert.equal(await west.refuses(TODAY), 24 * 3_600);
});

Deno.test("PATCH time_zone: what is scheduled for tomorrow stays charged to tomorrow, and is given back to it", async () => {
  await using limited = await startLimited();
  const { send, refuses, change, cancel, clock, counters } = limited;
  const [id = ""] = [await send(tomorrow), await send(tomorrow), await send(tomorrow)];
  await change({ time_zone: "Europe/Kyiv" });
  await refuses(TOMORROW, tomorrow);
  await change({ name: "Renamed" });
  await cancel(id);
  await send(tomorrow);
  await refuses(TOMORROW, tomorrow);
  // Midnight in Kyiv.
  clock.advance(9 * HOUR);
  await refuses(TODAY);
  assert.deepEqual(await counters(), { "day:2031-05-15:sms": 3 });
});

Deno.test("PATCH time_zone: concurrent changes leave one day that goes on", async () => {
  await using limited = await startLimited();
  for (let sent = 0; sent < 3; sent++) await limited.send();
  const zones = ["Pacific/Kiritimati", "Asia/Tokyo", "Europe/Kyiv", "UTC", "America/Los_Angeles"];
  await Promise.all(zones.map((time_zone) => limited.change({ time_zone })));
  await limited.refuses(TODAY);
  limited.clock.advance(25 * HOUR);
  await limited.send();
});

test.inside("retention: keeps the counter of a later day until that day has ended", async () => {
  await using limited = await startLimited({ retention_days: { sms: 30 } });
  const { send, refuses, hark, clock } = limited;
  const day = { scheduled_for: iso(NOON + 20 * DAY) };
  for (let sent = 0; sent < 3; sent++) await send(day);
  for (let days = 0; days < 19; days++) {
    clock.advance(DAY);
    await hark.backgroundWork.purge(new AbortController().signal);
  }
  await refuses("(sms: 3) for 2031-06-03", day);
});
