import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { Hono } from "hono";
import { createClock } from "../../../../adapters/clock.ts";
import { createInboxEvents } from "../../../../adapters/inbox_events.ts";
import { createAccessTokens } from "../../../../adapters/tokens/access_tokens.ts";
import { readPublicKeys } from "../../../../domain/access/access_token_keys.ts";
import type { NotificationId, ServiceId } from "../../../../domain/ids.ts";
import type { InboxStore } from "../../../../domain/ports/inbox_store.ts";
import type { Clock } from "../../../../domain/ports/clock.ts";
import type { AppEnv } from "../../../../routes/http/context.ts";
import { createInboxRoutes } from "../../../../routes/registry/inbox/app.ts";
import type { InboxPorts } from "../../../../routes/registry/inbox/ports.ts";
import { readSocketPath, socketPathOf } from "../../../../routes/registry/inbox/socket_path.ts";
import { MAX_STREAMS_PER_RECIPIENT } from "../../../../routes/registry/inbox/stream_limit.ts";
import {
  STREAM_BATCH,
  STREAM_TIMING,
  type StreamTiming,
} from "../../../../routes/registry/inbox/stream.ts";
import type { LogEntry } from "../../../../domain/ports/log.ts";
import { createAccessTokenAuth } from "../../../../routes/registry/access_token_auth.ts";
import { registryKeys, startTestApplication } from "../../../support/application.ts";
import { serveInProcess, serveOnLoopback } from "../../../support/http.ts";
import { issueToken, toJwks } from "../../../support/tokens.ts";
import { movableClock, SECOND } from "../../support.ts";
import {
  ACK_ALL,
  ackOf,
  assertProblem,
  describeEvents,
  type EventReader,
  readEvents,
  STREAM,
} from "./support.ts";
import { test } from "../../../support/runner.ts";

/** Longer than any test runs. */
const NEVER = 3_600_000;
const WITHOUT_TIMERS: StreamTiming = {
  pollMs: NEVER,
  maxPollMs: NEVER,
  heartbeatMs: NEVER,
  stallMs: NEVER,
};

/** The inbox API alone, over its own store. The test controls its intervals and its end. */
interface Streams extends AsyncDisposable {
  readonly app: Hono<AppEnv>;
  readonly inboxes: InboxStore;
  readonly serviceId: ServiceId;
  readonly logged: readonly LogEntry[];
  readonly stop: () => void;
  /** How often the store was read for changes. */
  readonly queries: () => number;
  /** Makes the next read fail. */
  breakNext(): void;
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
  connect(options?: CallOptions & { readonly query?: string }): Promise<EventReader>;
  /** Stores a message, and publishes it unless it simulates another process. */
  put(options?: { readonly to?: string; readonly elsewhere?: boolean }): Promise<NotificationId>;
}

interface CallOptions {
  readonly as?: string;
  readonly last?: string;
  readonly lifeS?: number;
}

async function startStreams(
  timing: Partial<StreamTiming> = {},
  clock: Clock = createClock(),
  socketPathOf?: InboxPorts["socketPathOf"],
): Promise<Streams> {
  const hark = await startTestApplication({ registry: true, clock });
  const keys = await registryKeys();
  const read = readPublicKeys(JSON.parse(toJwks(keys)));
  if (hark.registry === undefined || !read.ok) throw new Error("the registry API is off");
  const { inboxes: store, serviceId } = hark.registry;
  const inboxEvents = createInboxEvents();
  const stopping = new AbortController();
  const logged: LogEntry[] = [];
  let queries = 0;
  let isBroken = false;
  const inboxes: InboxStore = {
    ...store,
    changesSince(...args) {
      queries++;
      if (!isBroken) return store.changesSince(...args);
      isBroken = false;
      return Promise.reject(new Error("citizen-1 could not be read"));
    },
  };
  const tokens = createAccessTokens(
    { keys: { jwks: read.value.keys }, issuers: [], audiences: [] },
    { fetch: () => Promise.reject(new TypeError("no network")) },
  );
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("requestLog", { requestId: c.req.header("x-request-id") ?? "" });
    c.header("X-Request-Id", "");
    await next();
  });
  app.route(
    "/",
    createInboxRoutes({
      clock,
      accessTokenAuth: createAccessTokenAuth(tokens, clock),
      inboxes,
      inboxEvents,
      contexts: { load: () => Promise.resolve(undefined) },
      serviceId,
      log: (entry) => logged.push(entry),
      stopping: stopping.signal,
      timing: { ...WITHOUT_TIMERS, ...timing },
      socketPathOf,
    }),
  );
  const server = serveInProcess(app);
  const call: Streams["call"] = async (method, path, options = {}) => {
    const { as = "citizen-1", last, lifeS = 3600 } = options;
    const headers = new Headers({
      "x-access-token": await issueToken(keys, { sub: as }, { now: clock.now(), lifeS }),
    });
    if (last !== undefined) headers.set("last-event-id", last);
    return await server.fetch(path, { method, headers });
  };
  return {
    app,
    inboxes,
    serviceId,
    logged,
    stop: () => stopping.abort(),
    queries: () => queries,
    breakNext: () => void (isBroken = true),
    call,
    connect: async (options = {}) =>
      readEvents(await call("GET", STREAM + (options.query ?? ""), options)),
    async put({ to = "citizen-1", elsewhere = false } = {}) {
      const inbox = { serviceId, recipientId: to };
      const id = clock.newNotificationId();
      const words = {
        subject: "A book is due",
        body: "Bring it\nback\r\n\r\nid: 9",
        localised: {},
      };
      await inboxes.put(inbox, { id, ...words });
      if (!elsewhere) inboxEvents.publish(inbox);
      return id;
    },
    [Symbol.asyncDispose]: () => hark.close(),
  };
}

test.inside("GET /api/notifications/inbox/stream: reports old changes in batches", async () => {
  await using streams = await startStreams();
  for (let i = 0; i <= STREAM_BATCH; i++) await streams.put();
  await using reader = await streams.connect({ last: "0" });
  const [first, second] = [await reader.upTo("count"), await reader.upTo("count")];
  const total = STREAM_BATCH + 1;
  assert.equal(describeEvents(first).length, STREAM_BATCH + 1);
  assert.deepEqual(describeEvents(first).at(-1), `${STREAM_BATCH} count ${total}/${total}`);
  assert.equal(describeEvents(second).length, 2);
});

test.inside("GET /api/notifications/inbox/stream: polls for changes by other processes", async () => {
  await using streams = await startStreams({ pollMs: 5 });
  await using reader = await streams.connect();
  await reader.upTo("count");
  const id = await streams.put({ elsewhere: true });
  assert.deepEqual(describeEvents(await reader.upTo("count")), [`1 message ${id}`, "1 count 1/1"]);
});

test.inside("GET /api/notifications/inbox/stream: polls less often the longer nothing happens, and then as at first", async () => {
  // In the proportions of production, 250 times as fast: a heartbeat, which ends a wait, comes in its minute.
  const timing = { pollMs: STREAM_TIMING.pollMs / 250, maxPollMs: STREAM_TIMING.maxPollMs / 250 };
  const clock = { ...createClock(), random: () => 0.5 };
  await using streams = await startStreams({ ...timing, heartbeatMs: 60_000 / 250 }, clock);
  await using reader = await streams.connect();
  await reader.upTo("count");
  const pollsUntil = async (comment: string | undefined) => {
    const before = streams.queries();
    assert.equal((await reader.next())?.comment, comment);
    return streams.queries() - before;
  };
  // One read finds what came while the stream was opened; then after 2, 3, 4.5, 6.8, 10.1, 15.2 and 22.8 s.
  assert.equal(await pollsUntil("heartbeat"), 7);
  assert.equal(await pollsUntil("heartbeat"), 2);
  assert.equal(await pollsUntil("heartbeat"), 2);
  await streams.put({ elsewhere: true });
  await reader.upTo("count");
  assert.equal(await pollsUntil("heartbeat"), 6);
});

test.inside("GET /api/notifications/inbox/stream: offers a WebSocket where the server has them, at its shard's path", async () => {
  await using streams = await startStreams({}, createClock(), socketPathOf);
  await using reader = await streams.connect();
  const [opening, offer, count] = await reader.upTo("count");
  assert.equal(opening?.retry, "2000");
  const path = socketPathOf({ serviceId: streams.serviceId, recipientId: "citizen-1" });
  assert.deepEqual([offer?.event, offer?.id, offer?.data], ["socket", undefined, { path }]);
  assert.equal(count?.event, "count");
  assert.match(path, /^\/api\/notifications\/inbox\/socket\/[0-9]+$/);
  assert.equal(`/api/notifications/inbox/socket/${readSocketPath(path)}`, path);
  for (const other of ["/api/notifications/inbox/socket", `${path}/`, `/x${path}`, `${path}?a`]) {
    assert.equal(readSocketPath(other), undefined, other);
  }
});

test.inside("GET /api/notifications/inbox/stream: sends a heartbeat while nothing happens", async () => {
  await using streams = await startStreams({ pollMs: 2, heartbeatMs: 5 });
  await using reader = await streams.connect();
  await reader.upTo("count");
  for (let i = 0; i < 3; i++) assert.equal((await reader.next())?.comment, "heartbeat");
});

test.inside("GET /api/notifications/inbox/stream: loses and repeats no change, wherever it breaks off", async () => {
  await using streams = await startStreams({ pollMs: 20 });
  const { inboxes, serviceId } = streams;
  let run = 0;
  const property = fc.asyncProperty(
    fc.array(fc.constantFrom("put", "put", "put", "ack", "ack-all"), { maxLength: 20 }),
    fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 10 }),
    async (actions, cuts) => {
      const as = `citizen ${run++}`;
      const inbox = { serviceId, recipientId: as };
      const writing = (async () => {
        const put: NotificationId[] = [];
        for (const action of actions) {
          if (action === "put") put.push(await streams.put({ to: as, elsewhere: run % 2 === 0 }));
          else if (action === "ack-all") await streams.call("POST", ACK_ALL, { as });
          else if (put.length > 0) {
            await streams.call("POST", ackOf(put[put.length >> 1] ?? ""), { as });
          }
        }
      })();
      const known = new Map<string, boolean>();
      let last = "0";
      const take = ({ event, id, data }: Awaited<ReturnType<typeof readNext>>) => {
        if (event === "message") {
          assert.ok(!known.has(data.id), "a message comes once");
          known.set(data.id, data.isAcknowledged);
        } else if (event === "ack") {
          assert.ok(known.has(data.id), "a message comes before it is seen");
          known.set(data.id, true);
        } else if (event === "ack-all") { for (const id of known.keys()) known.set(id, true); }
        assert.notEqual(event, "reset");
        last = id ?? last;
      };
      const readNext = async (reader: EventReader) => {
        const event = await reader.next();
        if (event === undefined) throw new Error("the stream ended");
        return event;
      };
      for (const cut of cuts) {
        await using reader = await streams.connect({ as, last });
        for (let i = 0; i < cut; i++) {
          const event = await readNext(reader);
          take(event);
          if (event.event === "count") break;
        }
      }
      await writing;
      await using reader = await streams.connect({ as, last });
      const { sequence } = await inboxes.changesSince(inbox, undefined, 1);
      for (let isDone = false; !isDone;) {
        const event = await readNext(reader);
        take(event);
        isDone = event.event === "count" && event.id === String(sequence);
      }
      const held = await inboxes.list(inbox, {
        unreadOnly: false,
        after: undefined,
        offset: 0,
        limit: 100,
      });
      assert.deepEqual(
        [...known].toSorted(),
        held.map(({ id, acknowledgedAt }) => [id, acknowledgedAt !== null]).toSorted(),
      );
    },
  );
  await fc.assert(property, { numRuns: 30 });
});

test.inside("GET /api/notifications/inbox/stream: reads no more from the store than the client receives", async () => {
  await using streams = await startStreams({ pollMs: 1 });
  await using reader = await streams.connect();
  await reader.upTo("count");
  const queries = streams.queries();
  for (let i = 0; i < 50; i++) await streams.put();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(
    streams.queries(),
    queries,
    "while the client does not read, the store is not queried",
  );
  assert.equal(describeEvents(await reader.upTo("count")).length, 51, "and then all comes at once");
});

test.inside("GET /api/notifications/inbox/stream: closes when the client reads nothing", async () => {
  await using streams = await startStreams({ stallMs: 250 });
  const never = await streams.call("GET", STREAM);
  const reader = await streams.connect();
  await reader.next();
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual(
    describeEvents(await reader.rest()),
    ["0 count 0/0"],
    "the event that it had not read",
  );
  assert.equal(await never.text(), "");
});

test.inside("GET /api/notifications/inbox/stream: ends when its token expires", async () => {
  const clock = movableClock();
  clock.advance(SECOND - 5);
  await using streams = await startStreams({}, clock);
  // Token times are whole seconds: this one has five milliseconds.
  const reader = await streams.connect({ lifeS: 1 });
  await reader.upTo("count");
  const id = await streams.put();
  assert.equal(describeEvents(await reader.upTo("count"))[0], `1 message ${id}`);
  clock.advance(5);
  assert.equal(await reader.next(), undefined);
});

test.inside("GET /api/notifications/inbox/stream: ends when the server stops, without delaying it", async () => {
  await using streams = await startStreams();
  const server = serveOnLoopback(streams.app);
  const token = await issueToken(await registryKeys(), {}, { now: Date.now() });
  const response = await server.fetch(STREAM, {
    headers: { "x-access-token": token },
  });
  const reader = readEvents(response);
  await reader.upTo("count");
  const rest = reader.rest();
  streams.stop();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(await rest, []);
  const late = await streams.call("GET", STREAM);
  assert.equal(late.headers.get("retry-after"), "5");
  await assertProblem(late, "503 SERVICE_UNAVAILABLE");
});

// A Worker counts a stream that its client has left among the open ones for a while.
test.inside("GET /api/notifications/inbox/stream: works over a socket, and ends when the client disconnects", async () => {
  await using streams = await startStreams();
  const server = serveOnLoopback(streams.app);
  const token = await issueToken(await registryKeys(), {}, { now: Date.now() });
  const readers: EventReader[] = [];
  for (let i = 0; i < MAX_STREAMS_PER_RECIPIENT; i++) {
    readers.push(readEvents(await server.fetch(STREAM, { headers: { "x-access-token": token } })));
  }
  const id = await streams.put();
  for (const reader of readers) {
    await reader.upTo("count");
    assert.deepEqual(describeEvents(await reader.upTo("count")), [
      `1 message ${id}`,
      "1 count 1/1",
    ]);
  }
  for (const reader of readers) await reader.cancel();
  for (let status = 429; status === 429;) {
    const again = await streams.call("GET", STREAM);
    status = again.status;
    await again.body?.cancel();
  }
  await server[Symbol.asyncDispose]();
});

test.inside("GET /api/notifications/inbox/stream: 429 over the limit of open streams, until one ends", async () => {
  await using streams = await startStreams();
  for (let i = 0; i <= MAX_STREAMS_PER_RECIPIENT; i++) {
    assert.equal(
      (await streams.call("HEAD", STREAM)).status,
      200,
      "asking for its head holds none",
    );
  }
  const readers: EventReader[] = [];
  for (let i = 0; i < MAX_STREAMS_PER_RECIPIENT; i++) readers.push(await streams.connect());
  const over = await streams.call("GET", STREAM);
  assert.equal(over.headers.get("retry-after"), "5");
  await assertProblem(over, "429 TOO_MANY_REQUESTS");
  await (await streams.connect({ as: "citizen-2" })).cancel();
  await readers.pop()?.cancel();
  readers.push(await streams.connect());
  await assertProblem(await streams.call("GET", STREAM), "429 TOO_MANY_REQUESTS");
  for (const reader of readers) await reader.cancel();
});

test.inside("GET /api/notifications/inbox/stream: a stream that cannot start does not count against the limit", async () => {
  await using streams = await startStreams();
  for (let i = 0; i <= MAX_STREAMS_PER_RECIPIENT; i++) {
    streams.breakNext();
    assert.equal((await streams.call("GET", STREAM)).status, 500);
  }
  await (await streams.connect()).cancel();
});

test.inside("GET /api/notifications/inbox/stream: ends when the store fails, and logs the error's name only", async () => {
  await using streams = await startStreams();
  const reader = await streams.connect();
  await reader.upTo("count");
  streams.breakNext();
  await streams.put();
  assert.equal(await reader.next(), undefined);
  assert.deepEqual(streams.logged, [{ event: "stream-failed", error: "Error" }]);
});
