import assert from "node:assert/strict";
import { MAX_DAYS_VALID } from "../../../../domain/notify_v2/fields.ts";
import { MAX_DAYS_AHEAD } from "../../../../domain/sending/schedule.ts";
import { startTestApplication } from "../../../support/application.ts";
import {
  assertError,
  bodyOf,
  callAt,
  DAY,
  EMAIL,
  emailTo,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  NOON,
  SECOND,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An application with a manual clock and a service that can send. */
async function startAt(startsAt = NOON, settings: Fields = {}) {
  const clock = movableClock(startsAt);
  const hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, settings);
  const call = (method: string, path: string, body?: unknown, headers = {}) =>
    callAt(hark, clock, service.keys.live, method, path, body, headers);
  return {
    clock,
    hark,
    service,
    call,
    post: (fields: Fields, headers = {}) => call("POST", SMS, textTo(service, fields), headers),
    read: async (id: string) => await bodyOf(await call("GET", `/v2/notifications/${id}`), 200),
    async timeline(id: string) {
      const path = `/manage/services/${service.id}/notifications/${id}/timeline`;
      const { events } = await bodyOf(await hark.manage("GET", path), 200);
      return events.map(({ at: _, ...event }: Fields) => event);
    },
    /** How many messages were sent. */
    async sent() {
      await hark.settle();
      return (await hark.sent()).length;
    },
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

const iso = (at: number) => new Date(at).toISOString();
const error = (field: string, message: string) =>
  [
    400,
    "ValidationError",
    `${field} ${message}`,
  ] as const;

Deno.test("scheduled_for: sends at its time and not before, and reports the time", async () => {
  await using at = await startAt();
  const due = NOON + HOUR;
  for (const path of [SMS, EMAIL]) {
    const make = path === SMS ? textTo : emailTo;
    const request = make(at.service, { scheduled_for: iso(due) });
    const body = await bodyOf(await at.call("POST", path, request), 201);
    const shown = "2031-05-14T13:00:00.000000Z";
    assert.equal(body.scheduled_for, shown);
    const stored = await at.read(body.id);
    assert.equal(stored.scheduled_for, shown);
    assert.equal(stored.status, "created");
    assert.equal(stored.sent_at, null);
  }
  assert.equal(await at.sent(), 0);
  at.clock.advance(HOUR - 1);
  assert.equal(await at.sent(), 0);
  at.clock.advance(1);
  assert.equal(await at.sent(), 2);
});

Deno.test("scheduled_for: accepts any zone and stores UTC", async () => {
  await using at = await startAt();
  const times: readonly (readonly [string, string])[] = [
    ["2031-05-14T16:00:00+03:00", "2031-05-14T13:00:00.000000Z"],
    ["2031-05-14T08:30:00-0500", "2031-05-14T13:30:00.000000Z"],
    ["2031-05-14T13:00:00Z", "2031-05-14T13:00:00.000000Z"],
    ["2031-05-14 13:00", "2031-05-14T13:00:00.000000Z"],
    ["2031-05-15", "2031-05-15T00:00:00.000000Z"],
    ["2031-05-14T13:00:00.123456+00:00", "2031-05-14T13:00:00.123000Z"],
  ];
  for (const [scheduled_for, shown] of times) {
    const body = await bodyOf(await at.post({ scheduled_for }), 201, scheduled_for);
    assert.equal(body.scheduled_for, shown, scheduled_for);
  }
  // The zone is used: a time that looks like the future can be in the past, and the other way round.
  await assertError(
    await at.post({ scheduled_for: "2031-05-14T14:00:00+03:00" }),
    ...error("scheduled_for", "datetime can not be in the past"),
  );
  await bodyOf(await at.post({ scheduled_for: "2031-05-14T08:00:00-05:00" }), 201);
});

Deno.test("scheduled_for: accepts up to 30 days ahead, and no time in the past", async () => {
  await using at = await startAt();
  const last = NOON + MAX_DAYS_AHEAD * DAY;
  await bodyOf(await at.post({ scheduled_for: iso(NOON) }), 201);
  await bodyOf(await at.post({ scheduled_for: iso(last) }), 201);
  await assertError(
    await at.post({ scheduled_for: iso(last + 1) }),
    ...error("scheduled_for", "datetime can only be 30 days in the future"),
  );
  await assertError(
    await at.post({ scheduled_for: iso(NOON - 1) }),
    ...error("scheduled_for", "datetime can not be in the past"),
  );
  assert.equal(await at.sent(), 1);
  at.clock.advance(MAX_DAYS_AHEAD * DAY);
  assert.equal(await at.sent(), 2);
});

Deno.test("valid_until: accepts times after scheduled_for and within 60 days", async () => {
  await using at = await startAt();
  const last = NOON + MAX_DAYS_VALID * DAY;
  await bodyOf(await at.post({ valid_until: iso(last) }), 201);
  await assertError(
    await at.post({ valid_until: iso(last + 1) }),
    ...error("valid_until", "datetime can only be 60 days in the future"),
  );
  await assertError(
    await at.post({ valid_until: iso(NOON - 1) }),
    ...error("valid_until", "datetime can not be in the past"),
  );
  const due = NOON + HOUR;
  for (const valid_until of [iso(due), iso(due - 1), "2031-05-14T15:59:00+03:00"]) {
    await assertError(
      await at.post({ scheduled_for: iso(due), valid_until }),
      ...error("valid_until", "datetime must be after scheduled_for"),
    );
  }
  await bodyOf(await at.post({ scheduled_for: iso(due), valid_until: iso(due + 1) }), 201);
  for (const urgent of ["true", 1]) {
    const { errors } = await bodyOf(await at.post({ urgent }), 400);
    assert.match(errors[0].message, /^urgent .* is not of type boolean, null$/);
  }
});

Deno.test("valid_until: an overdue message expires instead of being sent, in every API", async () => {
  await using at = await startAt();
  const { id } = await bodyOf(
    await at.post({ scheduled_for: iso(NOON + HOUR), valid_until: iso(NOON + 2 * HOUR) }),
    201,
  );
  at.clock.advance(2 * HOUR);
  assert.equal(await at.sent(), 0);
  const read = await at.read(id);
  assert.equal(read.status, "expired");
  assert.equal(read.sent_at, null);
  assert.equal(read.completed_at, "2031-05-14T14:00:00.000000Z");
  assert.deepEqual(await at.timeline(id), [
    { kind: "accepted", status: "created" },
    { kind: "attempt-ended", outcome: "not-sent", code: "too-late" },
    { kind: "status-changed", status: "expired" },
  ]);
  const old = await bodyOf(await at.call("GET", `/notifications/${id}`), 200);
  assert.equal(old.data.notification.status, "failed");
  const list = async (query: string) =>
    (await bodyOf(await at.call("GET", `/v2/notifications?${query}`), 200)).notifications.length;
  assert.equal(await list("status=expired"), 1);
  assert.equal(await list("status=cancelled&status=created"), 0);
  assert.equal(await list("status=failed"), 0);
});

Deno.test("valid_until: a message is sent in the last millisecond before it", async () => {
  await using at = await startAt();
  const { id } = await bodyOf(
    await at.post({ scheduled_for: iso(NOON + HOUR), valid_until: iso(NOON + 2 * HOUR) }),
    201,
  );
  at.clock.advance(2 * HOUR - 1);
  assert.equal(await at.sent(), 1);
  assert.equal((await at.read(id)).status, "delivered");
});

/** 23:00 in Kyiv, in summer time. */
const NIGHT = Date.UTC(2031, 6, 1, 20);
const MORNING = Date.UTC(2031, 6, 2, 4, 30);
const QUIET = {
  time_zone: "Europe/Kyiv",
  quiet_hours: { start: "22:00", end: "07:30" },
};

Deno.test("quiet hours: postpone messages that are not urgent until they end, in the service's zone", async () => {
  await using at = await startAt(NIGHT, QUIET);
  const { id } = await bodyOf(await at.post({}), 201);
  assert.equal(await at.sent(), 0);
  assert.equal((await at.read(id)).status, "created");
  assert.deepEqual(await at.timeline(id), [
    { kind: "accepted", status: "created" },
    { kind: "held", code: "quiet-hours", until: iso(MORNING) },
  ]);
  const { id: urgent } = await bodyOf(await at.post({ urgent: true }), 201);
  assert.equal(await at.sent(), 1);
  assert.equal((await at.read(urgent)).status, "delivered");
  at.clock.advance(MORNING - NIGHT - 1);
  assert.equal(await at.sent(), 1);
  at.clock.advance(1);
  assert.equal(await at.sent(), 2);
  assert.equal((await at.read(id)).status, "delivered");
});

Deno.test("quiet hours: postpone messages that are scheduled in them; those that expire in them are not sent", async () => {
  await using at = await startAt(NIGHT - 6 * HOUR, QUIET);
  const scheduled = await bodyOf(await at.post({ scheduled_for: iso(NIGHT) }), 201);
  const short = await bodyOf(
    await at.post({ scheduled_for: iso(NIGHT), valid_until: iso(NIGHT + HOUR) }),
    201,
  );
  at.clock.advance(6 * HOUR);
  assert.equal(await at.sent(), 0);
  at.clock.advance(HOUR);
  assert.equal(await at.sent(), 0);
  assert.equal((await at.read(short.id)).status, "expired");
  assert.equal((await at.read(scheduled.id)).status, "created");
  at.clock.advance(MORNING - NIGHT - HOUR);
  assert.equal(await at.sent(), 1);
});

Deno.test("scheduled_for: a scheduled send is replayed after its time", async () => {
  await using at = await startAt();
  const key = { "idempotency-key": "one" };
  const fields = { scheduled_for: iso(NOON + HOUR) };
  const first = await bodyOf(await at.post(fields, key), 201);
  at.clock.advance(HOUR + SECOND);
  const again = await at.post(fields, key);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.deepEqual(await bodyOf(again, 201), first);
  assert.equal(await at.sent(), 1);
});

Deno.test("scheduled_for: a message counts for the rate limit of its acceptance, and the daily limit of its day", async () => {
  await using at = await startAt(NOON, { daily_limits: { sms: 1 } });
  await bodyOf(await at.post({ scheduled_for: iso(NOON + 2 * DAY) }), 201);
  await bodyOf(await at.post({ scheduled_for: iso(NOON + 2 * DAY) }), 429);
});

Deno.test("scheduled_for: messages of a test key go to the simulator at their time", async () => {
  await using at = await startAt();
  const service: ServiceWithTemplates = at.service;
  const body = textTo(service, { scheduled_for: iso(NOON + HOUR) });
  const sent = await bodyOf(
    await callAt(at.hark, at.clock, service.keys.test, "POST", SMS, body),
    201,
  );
  await at.hark.settle();
  assert.equal((await at.read(sent.id)).status, "created");
  at.clock.advance(HOUR);
  await at.hark.settle();
  assert.equal((await at.read(sent.id)).status, "delivered");
});
