import assert from "node:assert/strict";
import { EVENTS_KEPT_MS } from "../../../domain/events/service_event.ts";
import { bodyOf, HOUR, movableClock, SECOND } from "../support.ts";
import { listed, startWithTemplates } from "./send_support.ts";
import { messageTo, ROLE } from "./support.ts";
import { test } from "../../support/runner.ts";

const EVENTS = "/api/notifications/events";

interface FeedEvent {
  readonly sequence: number;
  readonly type: string;
  readonly created_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

Deno.test("GET /api/notifications/events: tells the sender that the recipient has acknowledged the message", async () => {
  const clock = movableClock();
  await using hark = await startWithTemplates({ clock });
  const { notifications: [inbox] } = await hark.send(messageTo(["olena"], "hello"));
  await hark.settle();
  clock.advance(HOUR);
  const path = `/api/notifications/inbox/${inbox.id}/ack`;
  for (const _ of ["once", "again"]) {
    await bodyOf(await hark.citizen("olena")("POST", path), 200);
  }
  const answer = await hark.admin("GET", EVENTS);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { events, next } = await bodyOf(answer, 200);
  const [delivered, acknowledged] = events;
  assert.deepEqual(events.map(({ sequence, type }: FeedEvent) => [sequence, type]), [
    [1, "notification.delivered"],
    [2, "notification.acknowledged"],
  ]);
  assert.equal(next, 2);
  assert.deepEqual(acknowledged.data, delivered.data);
  assert.equal(acknowledged.data.id, inbox.id);
  assert.equal(acknowledged.data.status, "delivered");
  assert.deepEqual([acknowledged.data.notification_type, acknowledged.data.to], ["inbox", "olena"]);
  assert.equal(Date.parse(acknowledged.created_at) - Date.parse(delivered.created_at), HOUR);
});

Deno.test("GET /api/notifications/events: an acknowledgement of all messages is an event each, and cancelled follow-ups too", async () => {
  await using hark = await startWithTemplates();
  const followUps = [{ channel: "email", afterMinutes: 60 }];
  const message = listed([
    { channel: "inbox" },
    { channel: "email", email: "olena@example.com" },
  ]);
  await hark.send({ ...message, notification: { ...message.notification, followUps } });
  await hark.send(messageTo(["olena"], "hello"));
  await hark.settle();
  await bodyOf(await hark.citizen("olena")("POST", "/api/notifications/inbox/ack-all"), 200);
  const { events } = await bodyOf(await hark.admin("GET", `${EVENTS}?after=2`), 200);
  assert.deepEqual(events.map(({ sequence }: FeedEvent) => sequence), [3, 4, 5]);
  assert.deepEqual(events.map(({ type }: FeedEvent) => type).toSorted(), [
    "notification.acknowledged",
    "notification.acknowledged",
    "notification.cancelled",
  ]);
});

Deno.test("GET /api/notifications/events: a sender that waits is answered at an event", async () => {
  await using hark = await startWithTemplates();
  const since = performance.now();
  const wait = hark.admin("GET", `${EVENTS}?wait=30`);
  await bodyOf(await hark.admin("GET", EVENTS), 200);
  await hark.send(messageTo(["olena"], "hello"));
  await hark.settle();
  const { events } = await bodyOf(await wait, 200);
  assert.equal(events[0].type, "notification.delivered");
  assert.ok(performance.now() - since < 5 * SECOND);
});

Deno.test("GET /api/notifications/events: no wait is longer than the access token is valid", async () => {
  await using hark = await startWithTemplates();
  const since = performance.now();
  const now = Math.floor(Date.now() / 1000);
  const soon = hark.citizen("publisher", { roles: [ROLE], exp: now + 2 });
  const answer = await bodyOf(await soon("GET", `${EVENTS}?wait=30`), 200);
  assert.deepEqual(answer, { events: [], next: 0 });
  assert.ok(performance.now() - since < 5 * SECOND);
});

Deno.test("GET /api/notifications/events: is for senders and for keys of the registries' service", async () => {
  await using hark = await startWithTemplates();
  await bodyOf(await hark.request(EVENTS), 401);
  await bodyOf(await hark.citizen("olena", { roles: ["citizen"] })("GET", EVENTS), 403);
  const stranger = await hark.newService();
  await bodyOf(await hark.as(stranger.keys.live, "GET", EVENTS), 403);
  const key = await hark.newKey();
  assert.deepEqual(await bodyOf(await hark.as(key, "GET", EVENTS), 200), { events: [], next: 0 });
  await hark.send(messageTo(["olena"], "hello"));
  await hark.settle();
  for (const path of [EVENTS, "/v2/events"]) {
    const { events } = await bodyOf(await hark.as(key, "GET", path), 200);
    assert.equal(events.length, 1, path);
  }
  const test = await hark.newKey("test");
  assert.deepEqual(await bodyOf(await hark.as(test, "GET", EVENTS), 200), { events: [], next: 1 });
  const post = await hark.admin("POST", EVENTS, {});
  assert.equal(post.headers.get("allow"), "GET, HEAD");
  await bodyOf(post, 405);
});

test.inside("GET /api/notifications/events: 400 and 410 in the platform's format", async () => {
  const clock = movableClock();
  await using hark = await startWithTemplates({ clock });
  const problem = async (query: string, status: number) => {
    const { code, message, details } = await bodyOf(
      await hark.admin("GET", `${EVENTS}?${query}`),
      status,
    );
    return { code, message, details };
  };
  const invalid = { code: "400 BAD_REQUEST", message: "Invalid request: see errors" };
  assert.deepEqual(await problem("after=-1&wait=31", 400), {
    ...invalid,
    details: {
      errors: [
        { field: "after", message: "must be the number of an event, or 0" },
        { field: "wait", message: "must be a whole number from 0 to 30" },
      ],
    },
  });
  assert.deepEqual(await problem("after=1", 400), {
    ...invalid,
    details: {
      errors: [{
        field: "after",
        message: "after is greater than the number of the last event, 0",
      }],
    },
  });
  for (const days of [0, EVENTS_KEPT_MS + 1]) {
    clock.advance(days);
    await hark.send(messageTo(["olena"], "hello"));
    await hark.settle();
  }
  await hark.backgroundWork.purge(new AbortController().signal);
  assert.deepEqual(await problem("after=0&wait=30", 410), {
    code: "410 GONE",
    message: "Events before 2 were deleted: it is the oldest number that is kept",
    details: { oldest: 2 },
  });
});
