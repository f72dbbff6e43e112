import assert from "node:assert/strict";
import { EVENTS_KEPT_MS } from "../../../../domain/events/service_event.ts";
import { FEED_PAGE } from "../../../../application/events/event_feed.ts";
import { MAX_REQUESTS_AT_ONCE } from "../../../../application/sending/service_slots.ts";
import {
  issueRequestToken,
  startTestApplication,
  type TestApplication,
} from "../../../support/application.ts";
import {
  bodyOf,
  callAt,
  HOUR,
  movableClock,
  newServiceWithTemplates,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../../support.ts";
import { RUNNER, test } from "../../../support/runner.ts";

const EVENTS = "/v2/events";

interface FeedEvent {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function send(hark: TestApplication, service: ServiceWithTemplates, fields = {}) {
  return await bodyOf(
    await hark.as(service.keys.live, "POST", SMS, textTo(service, fields)),
    201,
  );
}

async function read(
  hark: TestApplication,
  key: string,
  query = "",
): Promise<{ readonly events: readonly FeedEvent[]; readonly next: number }> {
  return await bodyOf(await hark.as(key, "GET", EVENTS + query), 200);
}

/** Resolves when as many requests as given wait. */
async function untilWaiting(hark: TestApplication, key: string, count: number): Promise<void> {
  // A request that waits has been read and not answered: nothing tells its number but the limit, so time has to do.
  for (let i = 0; i < count; i++) await read(hark, key);
  await new Promise((resolve) => setTimeout(resolve, 50));
}

Deno.test("GET /v2/events: has the callback's data for every end of a message", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  assert.deepEqual(await read(hark, service.keys.live), { events: [], next: 0 });
  const { id } = await send(hark, service, { reference: "case 7" });
  const later = new Date(Date.now() + HOUR).toISOString();
  const { id: cancelled } = await send(hark, service, { scheduled_for: later });
  await hark.settle();
  await bodyOf(
    await hark.as(service.keys.live, "POST", `/v2/notifications/${cancelled}/cancel`),
    200,
  );
  const { events, next } = await read(hark, service.keys.live, "?after=0");
  assert.equal(next, 2);
  const stored = await bodyOf(
    await hark.as(service.keys.live, "GET", `/v2/notifications/${id}`),
    200,
  );
  const [first, second, ...rest] = events;
  assert.deepEqual(rest, []);
  assert.deepEqual(first, {
    sequence: 1,
    id: `evt_${id.replaceAll("-", "")}_1`,
    type: "notification.delivered",
    created_at: stored.completed_at,
    data: {
      id,
      reference: "case 7",
      to: "07700900123",
      status: "delivered",
      created_at: stored.created_at,
      completed_at: stored.completed_at,
      sent_at: stored.sent_at,
      notification_type: "sms",
      template_id: service.sms,
      template_version: 1,
    },
  });
  assert.deepEqual(Object.keys(first?.data ?? {}), [
    ...["id", "reference", "to", "status", "created_at", "completed_at", "sent_at"],
    ...["notification_type", "template_id", "template_version"],
  ]);
  assert.equal(second?.type, "notification.cancelled");
  assert.deepEqual([second?.data.id, second?.data.sent_at], [cancelled, null]);
});

Deno.test("GET /v2/events: 250 events a page, and a consumer that was stopped for an hour misses and repeats none", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark, { rate_limit_per_minute: 100_000 });
  const batch = async (count: number) => {
    const notifications = Array.from({ length: count }, () => textTo(service, { type: "sms" }));
    const answer = await callAt(hark, clock, service.keys.live, "POST", "/v2/notifications/batch", {
      notifications,
    });
    await bodyOf(answer, 200);
    await hark.settle();
  };
  const page = async (after: number) =>
    await bodyOf(
      await callAt(hark, clock, service.keys.live, "GET", `${EVENTS}?after=${after}`),
      200,
    );
  await batch(3);
  const before = await page(0);
  assert.equal(before.next, 3);
  for (let i = 0; i < 6; i++) {
    clock.advance(HOUR / 6);
    await batch(50);
  }
  const seen: FeedEvent[] = [...before.events];
  const sizes: number[] = [];
  for (let after = before.next;;) {
    const { events, next } = await page(after);
    if (events.length === 0) break;
    sizes.push(events.length);
    seen.push(...events);
    after = next;
  }
  assert.deepEqual(sizes, [FEED_PAGE, 303 - 3 - FEED_PAGE]);
  assert.deepEqual(
    seen.map(({ sequence }) => sequence),
    Array.from({ length: 303 }, (_, i) => i + 1),
  );
  assert.equal(new Set(seen.map(({ id }) => id)).size, 303);
  assert.equal(new Set(seen.map(({ data }) => data.id)).size, 303);
});

test.inside("GET /v2/events: 410 with the oldest number when events after the number were deleted", async () => {
  const clock = movableClock();
  await using hark = await startTestApplication({ clock });
  const service = await newServiceWithTemplates(hark);
  const call = async (method: string, path: string, body?: unknown) =>
    await callAt(hark, clock, service.keys.live, method, path, body);
  const sendOne = async () => {
    await bodyOf(await call("POST", SMS, textTo(service)), 201);
    await hark.settle();
  };
  await sendOne();
  await sendOne();
  clock.advance(EVENTS_KEPT_MS + 1);
  await sendOne();
  await hark.backgroundWork.purge(new AbortController().signal);
  for (const query of ["?after=0", "?after=1&wait=30"]) {
    assert.deepEqual(await bodyOf(await call("GET", EVENTS + query), 410), {
      status_code: 410,
      errors: [{
        error: "EventsDeletedError",
        message: "Events before 3 were deleted: it is the oldest number that is kept",
      }],
      oldest: 3,
    });
  }
  for (const query of ["", "?after=2"]) {
    const { events, next } = await bodyOf(await call("GET", EVENTS + query), 200);
    assert.deepEqual(events.map(({ sequence }: FeedEvent) => sequence), [3]);
    assert.equal(next, 3);
  }
});

Deno.test("GET /v2/events: 400 for a query that is not valid, and nothing waits", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await send(hark, service);
  await hark.settle();
  const number = "after must be the number of an event, or 0";
  const seconds = "wait must be a whole number from 0 to 30";
  const cases: readonly (readonly [string, ...string[]])[] = [
    ["after=-1", number],
    ["after=", number],
    ["after=abc", number],
    ["after=1.5", number],
    ["after=1e3", number],
    ["after=0x10", number],
    ["after=%2B1", number],
    ["after=NaN", number],
    ["after=Infinity", number],
    ["after=9999999999999999", number],
    ["after=١", number],
    [`after=${"9".repeat(3_000)}`, number],
    ["wait=31", seconds],
    ["wait=-1", seconds],
    ["wait=", seconds],
    ["wait=2.5", seconds],
    ["wait=30s", seconds],
    ["after=x&wait=y", number, seconds],
    ["after=0&after=1", "after must be given once"],
    ["since=1", "since is not a parameter of this address: it has after and wait"],
    [
      `${"x".repeat(900)}=1`,
      `${"x".repeat(50)} is not a parameter of this address: it has after and wait`,
    ],
  ];
  for (const [query, ...messages] of cases) {
    const answer = await hark.as(service.keys.live, "GET", `${EVENTS}?${query}`);
    const errors = messages.map((message) => ({ error: "ValidationError", message }));
    assert.deepEqual(await bodyOf(answer, 400, query), { status_code: 400, errors }, query);
  }
  for (const query of ["after=2", "after=999999999999999&wait=30"]) {
    assert.deepEqual(
      await bodyOf(await hark.as(service.keys.live, "GET", `${EVENTS}?${query}`), 400),
      {
        status_code: 400,
        errors: [{
          error: "BadRequestError",
          message: "after is greater than the number of the last event, 1",
        }],
        last: 1,
      },
    );
  }
});

Deno.test("GET /v2/events: a key sees the events of its own service and kind only", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const stranger = await newServiceWithTemplates(hark);
  for (const kind of ["live", "test", "live", "test"] as const) {
    const number = kind === "test" ? "07700900003" : "07700900123";
    const body = textTo(service, { phone_number: number });
    await bodyOf(await hark.as(service.keys[kind], "POST", SMS, body), 201);
    await hark.settle();
  }
  const of = async (key: string) => {
    const { events, next } = await read(hark, key);
    return [events.map(({ sequence, data }) => [sequence, data.status]), next];
  };
  assert.deepEqual(await of(service.keys.live), [[[1, "delivered"], [3, "delivered"]], 4]);
  assert.deepEqual(
    await of(service.keys.test),
    [[[2, "temporary-failure"], [4, "temporary-failure"]], 4],
  );
  assert.deepEqual(await of(service.keys.team), [[], 4]);
  assert.deepEqual(await of(stranger.keys.live), [[], 0]);
  const noKey = await hark.request(EVENTS);
  assert.equal(noKey.status, 401);
  await noKey.body?.cancel();
  await bodyOf(await hark.as(service.keys.live, "POST", EVENTS, {}), 405);
});

Deno.test("GET /v2/events: a request that waits is answered as soon as there is an event of its service", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const stranger = await newServiceWithTemplates(hark);
  await using server = hark.listen();
  const wait = async (key: string) => {
    for (let after = 0, requests = 1;; requests++) {
      const headers = { authorization: `Bearer ${await issueRequestToken(key)}` };
      const answer = await server.fetch(`${EVENTS}?after=${after}&wait=30`, { headers });
      const { events, next } = await bodyOf(answer, 200);
      if (events.length > 0) return { events, next, requests };
      after = next;
    }
  };
  const [one, two] = [wait(service.keys.live), wait(service.keys.live)];
  await untilWaiting(hark, service.keys.live, 3);
  await bodyOf(await hark.as(stranger.keys.live, "POST", SMS, textTo(stranger)), 201);
  await bodyOf(await hark.as(service.keys.test, "POST", SMS, textTo(service)), 201);
  await hark.settle();
  await send(hark, service);
  await hark.settle();
  for (const { events, next, requests } of await Promise.all([one, two])) {
    assert.deepEqual(events.map(({ sequence }: FeedEvent) => sequence), [2], "1 is of a test key");
    assert.equal(next, 2);
    // A wait that ends by its time is answered without events. A Worker's may end before the event comes.
    if (RUNNER !== "worker") assert.equal(requests, 1);
  }
});

Deno.test("GET /v2/events: a wait without an event ends in time, with the number to go on from", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  await send(hark, service);
  await hark.settle();
  const { live } = service.keys;
  let isLongOver = false;
  const long = read(hark, live, "?after=1&wait=30").finally(() => isLongOver = true);
  assert.deepEqual(await read(hark, live, "?after=1&wait=1"), { events: [], next: 1 });
  const head = await hark.as(live, "HEAD", `${EVENTS}?after=1&wait=30`);
  assert.equal(head.status, 200);
  assert.equal(isLongOver, false, "the longer wait goes on, and HEAD does not wait");
  await send(hark, service);
  await hark.settle();
  await long;
});

// A Worker does not count requests that wait: one that is cut off would count for ever.
test.inside("GET /v2/events: the limits of requests that wait are of each key and of all, and a client that leaves frees its place", async () => {
  // Of 8 connections 4 may wait for events, 2 of them for one caller.
  await using hark = await startTestApplication({ environment: { MAX_CONNECTIONS: "8" } });
  const service = await newServiceWithTemplates(hark);
  const others = [await newServiceWithTemplates(hark), await newServiceWithTemplates(hark)];
  const path = `${EVENTS}?after=0&wait=30`;
  const leave = new AbortController();
  async function open(key: string, signal: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${await issueRequestToken(key)}` };
    return await hark.request(path, { headers, signal });
  }
  const never = new AbortController().signal;
  const [first, second] = [open(service.keys.live, leave.signal), open(service.keys.live, never)];
  await untilWaiting(hark, service.keys.live, 3);
  const third = await open(service.keys.live, never);
  assert.equal(third.headers.get("retry-after"), "5");
  assert.deepEqual(await bodyOf(third, 429), {
    status_code: 429,
    errors: [{
      error: "TooManyRequestsError",
      message: "Only 2 of your requests may wait for events at once",
    }],
  });
  assert.ok(
    (await hark.log()).some(({ event, limit }) => event === "limit-reached" && limit === "waits"),
  );
  assert.deepEqual(await read(hark, service.keys.live, "?after=0"), { events: [], next: 0 });
  const waits = others.map(({ keys }) => open(keys.live, never));
  await untilWaiting(hark, service.keys.live, 3);
  const fifth = await open(service.keys.test, never);
  assert.equal(fifth.headers.get("retry-after"), "5");
  assert.deepEqual(await bodyOf(fifth, 503), {
    status_code: 503,
    errors: [{
      error: "ServiceUnavailableError",
      message: "Too many requests wait for events: try again later, or without wait",
    }],
  });
  leave.abort();
  await (await first).body?.cancel();
  const again = open(service.keys.live, never);
  await untilWaiting(hark, service.keys.live, 3);
  for (const each of [service, ...others]) await send(hark, each);
  await hark.settle();
  for (const answer of await Promise.all([second, again, ...waits])) {
    assert.equal((await bodyOf(answer, 200)).events.length, 1);
  }
});

Deno.test("GET /v2/events: a request that waits holds no slot of its service", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  const path = "?after=0&wait=30";
  const waits = Array.from(
    { length: MAX_REQUESTS_AT_ONCE + 10 },
    () => read(hark, service.keys.live, path),
  );
  await untilWaiting(hark, service.keys.live, 3);
  await send(hark, service);
  await hark.settle();
  for (const { events } of await Promise.all(waits)) assert.equal(events.length, 1);
});

test.inside("GET /v2/events: a shutdown answers the requests that wait, and none waits after it", async () => {
  const stopping = new AbortController();
  await using hark = await startTestApplication({ stopping: stopping.signal });
  const service = await newServiceWithTemplates(hark);
  await using other = await startTestApplication();
  const stranger = await newServiceWithTemplates(other);
  let isOtherOver = false;
  const wait = read(other, stranger.keys.live, "?after=0&wait=30")
    .finally(() => isOtherOver = true);
  const waits = Array.from({ length: 5 }, () => read(hark, service.keys.live, "?after=0&wait=30"));
  await untilWaiting(hark, service.keys.live, 3);
  stopping.abort();
  for (const page of await Promise.all(waits)) assert.deepEqual(page, { events: [], next: 0 });
  assert.deepEqual(await read(hark, service.keys.live, "?after=0&wait=30"), {
    events: [],
    next: 0,
  });
  assert.equal(isOtherOver, false, "a wait that began before, of another process, goes on");
  await send(other, stranger);
  await other.settle();
  assert.equal((await wait).events.length, 1);
});

Deno.test("GET /v2/events: a key that is revoked while its request waits gets no event", async () => {
  await using hark = await startTestApplication();
  const service = await newServiceWithTemplates(hark);
  const path = `/manage/services/${service.id}/keys`;
  const { id, key } = await bodyOf(
    await hark.manage("POST", path, { name: "Consumer", kind: "live" }),
    201,
  );
  const wait = hark.as(key, "GET", `${EVENTS}?after=0&wait=30`);
  await untilWaiting(hark, service.keys.live, 3);
  const revoked = await hark.manage("DELETE", `${path}/${id}`);
  assert.ok(revoked.ok);
  await revoked.body?.cancel();
  await send(hark, service);
  await hark.settle();
  assert.deepEqual(await bodyOf(await wait, 403), {
    status_code: 403,
    errors: [{ error: "AuthError", message: "Invalid token: API key revoked" }],
  });
});
