import assert from "node:assert/strict";
import {
  createEventFeed,
  type FeedCaller,
  MAX_WAITING_OF_CALLER,
} from "../../../application/events/event_feed.ts";
import {
  createServiceSlots,
  MAX_REQUESTS_OF_KEY_AT_ONCE,
  MAX_REQUESTS_OF_KEY_WAITING,
} from "../../../application/sending/service_slots.ts";
import type { KeyId, ServiceId } from "../../../domain/ids.ts";
import type { EventPage, EventRange } from "../../../domain/ports/event_log.ts";
import { MAX_WAIT_S, parseFeedQuery } from "../../../domain/events/feed_query.ts";
import {
  CONNECTION_TIMEOUTS,
  FREE_CONNECTIONS,
  waitsFor,
} from "../../../runtime/listener/connection_limits.ts";

const NEVER = new AbortController().signal;
const EMPTY: EventPage = { events: [], next: 0, oldest: 1, last: 0 };

function callerOf(id = "a"): FeedCaller {
  const key = { id: crypto.randomUUID() as KeyId, kind: "live" } as const;
  return { serviceId: "s" as ServiceId, key, id };
}

/** A feed whose requests wait until the test ends their waits. */
function startFeed(
  { maxWaiting = 10_000, read = () => Promise.resolve(EMPTY), waits = [] as number[] }: {
    readonly maxWaiting?: number;
    readonly read?: (serviceId: ServiceId, range: EventRange) => Promise<EventPage>;
    readonly waits?: number[];
  } = {},
) {
  const ended = Promise.withResolvers<boolean>();
  const feed = createEventFeed({
    clock: { now: () => 0 },
    events: { read },
    watch: {
      newest: () => undefined,
      wait(_serviceId, _known, ms, signal) {
        waits.push(ms);
        if (signal.aborted) return Promise.resolve(false);
        const left = new Promise<boolean>((resolve) =>
          signal.addEventListener("abort", () => resolve(false))
        );
        return Promise.race([ended.promise, left]);
      },
    },
    slots: createServiceSlots(),
    contexts: { load: () => Promise.resolve(undefined) },
    stopping: undefined,
    maxWaiting,
  });
  return { feed, endAll: () => ended.resolve(false) };
}

const WAIT = { after: 0, waitS: MAX_WAIT_S };

Deno.test("createEventFeed: so many requests of a caller may wait, and not one more", async () => {
  const waits: number[] = [];
  const { feed, endAll } = startFeed({ waits });
  const [one, other] = [callerOf("one"), callerOf("other")];
  const open = Array.from({ length: MAX_WAITING_OF_CALLER }, () => feed.read(one, WAIT, NEVER));
  while (waits.length < MAX_WAITING_OF_CALLER) await new Promise((resolve) => setTimeout(resolve));
  const refusal = { kind: "too-many-waiting", of: "caller", most: MAX_WAITING_OF_CALLER };
  assert.deepEqual(await feed.read(one, WAIT, NEVER), { ok: false, refusal });
  assert.deepEqual(await feed.read(one, { after: 0, waitS: 0 }, NEVER), { ok: true, value: EMPTY });
  const leave = new AbortController();
  const otherWait = feed.read(other, WAIT, leave.signal);
  leave.abort();
  assert.deepEqual(await otherWait, { ok: true, value: EMPTY });
  endAll();
  for (const page of await Promise.all(open)) assert.deepEqual(page, { ok: true, value: EMPTY });
  assert.deepEqual(await feed.read(one, WAIT, NEVER), { ok: true, value: EMPTY });
  assert.ok(waits.every((ms) => ms <= MAX_WAIT_S * 1_000));
});

Deno.test("createEventFeed: does not wait when a page ends before the newest event, or the caller's token expires", async () => {
  const waits: number[] = [];
  const passed = { ...EMPTY, next: 2_000, last: 5_000 };
  const { feed } = startFeed({ waits, read: () => Promise.resolve(passed) });
  assert.deepEqual(await feed.read(callerOf(), WAIT, NEVER), { ok: true, value: passed });
  const { feed: atLast } = startFeed({ waits });
  const expired = { ...callerOf(), maxWaitMs: 0 };
  assert.deepEqual(await atLast.read(expired, WAIT, NEVER), { ok: true, value: EMPTY });
  assert.deepEqual(waits, []);
});

Deno.test("createEventFeed: reads of a service share its slots with other requests", async () => {
  const held = Promise.withResolvers<EventPage>();
  const { feed } = startFeed({ read: () => held.promise });
  const caller = callerOf();
  const most = MAX_REQUESTS_OF_KEY_AT_ONCE + MAX_REQUESTS_OF_KEY_WAITING;
  const reads = Array.from({ length: most }, () => feed.read(caller, { ...WAIT, waitS: 0 }, NEVER));
  const refusal = { kind: "too-many-at-once" };
  assert.deepEqual(await feed.read(caller, WAIT, NEVER), { ok: false, refusal });
  held.resolve(EMPTY);
  for (const page of await Promise.all(reads)) assert.ok(page.ok);
});

Deno.test("createEventFeed: a wait that began without a read, and without a look since, ends with a check of the caller and a read", async () => {
  let [loads, reads] = [0, 0];
  const feed = createEventFeed({
    clock: { now: () => 0 },
    events: { read: () => (reads++, Promise.resolve(EMPTY)) },
    // A look that is out of date, and none since.
    watch: {
      newest: (_serviceId, since) => since < performance.now() - 1_000 ? 0 : undefined,
      wait: () => Promise.resolve(false),
    },
    slots: createServiceSlots(),
    // The service is gone: a caller that may read no more gets no event either.
    contexts: { load: () => (loads++, Promise.resolve(undefined)) },
    stopping: undefined,
    maxWaiting: 100,
  });
  assert.deepEqual(await feed.read(callerOf(), WAIT, NEVER), {
    ok: false,
    refusal: { kind: "auth", refusal: { kind: "service-not-found" } },
  });
  assert.deepEqual([loads, reads], [1, 0]);
  assert.deepEqual(await feed.read(callerOf(), WAIT, AbortSignal.abort()), {
    ok: true,
    value: { events: [], next: 0, last: 0 },
  });
});

Deno.test("parseFeedQuery: takes the longest wait and the greatest number, and nothing above them", () => {
  const parse = (query: string) => parseFeedQuery(new URLSearchParams(query)).ok;
  assert.ok(parse(`wait=${MAX_WAIT_S}`) && !parse(`wait=${MAX_WAIT_S + 1}`));
  assert.ok(parse("after=999999999999999") && !parse("after=1000000000000000"));
  assert.deepEqual(parseFeedQuery(new URLSearchParams()), {
    ok: true,
    value: { after: undefined, waitS: 0 },
  });
});

Deno.test("waitsFor: leaves connections for other requests, and no wait is longer than the listener allows", () => {
  const cases = [[1, 1], [8, 4], [150, 75], [200, 100], [201, 101], [700, 600], [1_100, 1_000]];
  for (const [connections = 0, waits] of cases) {
    assert.equal(waitsFor(connections), waits, String(connections));
  }
  assert.equal(waitsFor(10 * FREE_CONNECTIONS), 9 * FREE_CONNECTIONS);
  assert.ok(CONNECTION_TIMEOUTS.requestMs > MAX_WAIT_S * 1_000);
});
