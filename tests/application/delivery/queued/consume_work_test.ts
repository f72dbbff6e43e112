import assert from "node:assert/strict";
import { createClock } from "../../../../adapters/clock.ts";
import type { ListedPass } from "../../../../application/delivery/dispatch_listed.ts";
import {
  createWorkAnnouncer,
  PARTS_AT_ONCE,
} from "../../../../application/delivery/queued/announce_work.ts";
import {
  createWorkConsumer,
  FAILURE_RETRY_S,
  JOB_RETRY_S,
  MAX_HELD_DELIVERIES,
  MAX_RETRY_S,
  MAX_WAIT_HERE_MS,
  NEWER_VERSION_RETRY_S,
  type ReceivedMessage,
} from "../../../../application/delivery/queued/consume_work.ts";
import type { PartResult } from "../../../../application/jobs/job_runner.ts";
import { jobMessage, sendMessages } from "../../../../domain/delivery/work_message.ts";
import type { JobId, NotificationId, ServiceId } from "../../../../domain/ids.ts";
import type { NewDeadMessage } from "../../../../domain/ports/dead_message_store.ts";
import type { LogEntry } from "../../../../domain/ports/log.ts";
import type { QueuedMessage } from "../../../../domain/ports/work_queue.ts";
import { StoreUnavailable } from "../../../../domain/ports/store_unavailable.ts";
import type { Channel } from "../../../../domain/service/service.ts";

const NOW = Date.UTC(2026, 10, 30);
const [ONE, TWO] = [crypto.randomUUID() as ServiceId, crypto.randomUUID() as ServiceId];
const newIds = (count: number) =>
  Array.from({ length: count }, () => crypto.randomUUID() as NotificationId);
const NEVER = new AbortController().signal;

type List = {
  readonly serviceId: ServiceId;
  readonly channel: Channel;
  readonly ids: readonly string[];
};

/** A consumer over parts that a test plays. */
function openConsumer(play: {
  readonly dispatch?: (list: List) => Promise<ListedPass> | ListedPass;
  readonly resumesAt?: () => number | undefined;
  readonly part?: (part: number) => Promise<PartResult> | PartResult;
  readonly record?: () => Promise<void>;
  readonly put?: () => Promise<void>;
} = {}) {
  const calls: List[] = [];
  const dead: NewDeadMessage[] = [];
  const put: QueuedMessage[] = [];
  const entries: LogEntry[] = [];
  const clock = createClock(() => NOW);
  const log = (entry: LogEntry) => void entries.push(entry);
  const announcer = createWorkAnnouncer({
    clock,
    log,
    queue: {
      maxDelayS: 100,
      async put(messages) {
        await play.put?.();
        put.push(...messages);
      },
    },
  });
  const consumer = createWorkConsumer({
    clock,
    log,
    announcer,
    health: { refresh: () => Promise.resolve() },
    dispatcher: {
      async dispatchListed(list) {
        calls.push(list);
        return await play.dispatch?.(list) ??
          { handled: list.ids.length, ended: Promise.resolve() };
      },
      resumesAt: play.resumesAt ?? (() => NOW),
    },
    jobs: {
      runPart: async ({ part }) => await play.part?.(part) ?? { kind: "absent" },
    },
    deadMessages: {
      async record(messages) {
        await play.record?.();
        dead.push(...messages);
      },
    },
  });
  return { consumer, calls, dead, put, entries };
}

/** Messages of the queue, and what became of each: `ack`, or the delay of its repetition. */
function receive(bodies: readonly unknown[], attempts = 1) {
  const ends = new Map<number, "ack" | number>();
  const messages = bodies.map((body, index): ReceivedMessage => {
    const end = (how: "ack" | number) => {
      assert.ok(!ends.has(index), "a message has one end");
      ends.set(index, how);
    };
    return { id: `m${index}`, body, attempts, ack: () => end("ack"), retry: end };
  });
  return { messages, endsOf: () => bodies.map((_, index) => ends.get(index)) };
}

const sendOf = (service: ServiceId, ids: readonly NotificationId[], channel: Channel = "sms") =>
  sendMessages(service, channel, ids)[0];

const HELD: ListedPass = { handled: 0, waits: "held", ended: Promise.resolve() };

Deno.test("consume: goes on with a message until all its ids are handled, then acknowledges it", async () => {
  const ids = newIds(5);
  const { consumer, calls } = openConsumer({
    dispatch: ({ ids }) => ({ handled: Math.min(ids.length, 2), ended: Promise.resolve() }),
  });
  const { messages, endsOf } = receive([sendOf(ONE, ids)]);
  await consumer.consume(messages, NEVER);
  assert.deepEqual(calls.map(({ ids }) => ids), [ids, ids.slice(2), ids.slice(4)]);
  assert.deepEqual(endsOf(), ["ack"]);
});

Deno.test("consume: waits for capacity", async () => {
  const passes: ListedPass[] = [
    { handled: 0, waits: "busy", ended: Promise.resolve() },
    { handled: 1, ended: Promise.resolve() },
  ];
  const { consumer, calls } = openConsumer({ dispatch: () => passes.shift() ?? HELD });
  const { messages, endsOf } = receive([sendOf(ONE, newIds(1))]);
  await consumer.consume(messages, NEVER);
  assert.deepEqual([calls.length, endsOf()], [2, ["ack"]]);
});

Deno.test("consume: takes the messages of a channel's services in turn, and no channel waits for another", async () => {
  const [slow, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { consumer, calls } = openConsumer({
    async dispatch({ channel, ids }) {
      if (channel === "email") await slow.promise;
      if (calls.filter((call) => call.channel === "sms").length === 3) done.resolve();
      return { handled: ids.length, ended: Promise.resolve() };
    },
  });
  const { messages, endsOf } = receive([
    sendOf(ONE, newIds(1), "email"),
    sendOf(ONE, newIds(1)),
    sendOf(ONE, newIds(1)),
    sendOf(TWO, newIds(1)),
  ]);
  const consumed = consumer.consume(messages, NEVER);
  await done.promise;
  const texts = calls.filter(({ channel }) => channel === "sms").map(({ serviceId }) => serviceId);
  assert.deepEqual(texts, [ONE, TWO, ONE]);
  slow.resolve();
  await consumed;
  assert.deepEqual(endsOf(), ["ack", "ack", "ack", "ack"]);
});

Deno.test("consume: asks for a message again when its providers take messages again, a few times", async () => {
  const endOf = async (resumesAt: number | undefined, attempts = 1) => {
    const { consumer } = openConsumer({ dispatch: () => HELD, resumesAt: () => resumesAt });
    const { messages, endsOf } = receive([sendOf(ONE, newIds(2))], attempts);
    await consumer.consume(messages, NEVER);
    return endsOf()[0];
  };
  assert.equal(await endOf(NOW + MAX_WAIT_HERE_MS + 1), 6);
  assert.equal(await endOf(NOW + 61_000, MAX_HELD_DELIVERIES - 1), 61);
  assert.equal(await endOf(NOW + 24 * 3_600_000), MAX_RETRY_S);
  // Left to the cron.
  assert.equal(await endOf(NOW + 61_000, MAX_HELD_DELIVERIES), "ack");
  assert.equal(await endOf(undefined), "ack");
});

Deno.test("consume: waits itself for providers that take messages again soon", async () => {
  const passes = [HELD, HELD];
  const { consumer, calls } = openConsumer({
    dispatch: ({ ids }) => passes.shift() ?? { handled: ids.length, ended: Promise.resolve() },
    resumesAt: () => NOW + 1,
  });
  const { messages, endsOf } = receive([sendOf(ONE, newIds(2))]);
  await consumer.consume(messages, NEVER);
  assert.deepEqual([calls.length, endsOf()], [3, ["ack"]]);
});

Deno.test("consume: asks again for a message whose work fails, ever later, and handles the others", async () => {
  const endsAfter = async (attempts: number) => {
    const { consumer, entries } = openConsumer({
      dispatch({ serviceId, ids }) {
        if (serviceId === ONE) throw new StoreUnavailable("TIMEOUT", "no answer");
        return { handled: ids.length, ended: Promise.resolve() };
      },
      part: () => {
        throw new TypeError("a mistake with ann@example.org in it");
      },
    });
    const job = { serviceId: TWO, id: crypto.randomUUID() as JobId, channel: "sms" } as const;
    const bodies = [sendOf(ONE, newIds(1)), sendOf(TWO, newIds(1)), jobMessage(job, 0)];
    const { messages, endsOf } = receive(bodies, attempts);
    await consumer.consume(messages, NEVER);
    assert.doesNotMatch(JSON.stringify(entries), /ann@/);
    return endsOf();
  };
  assert.deepEqual(await endsAfter(1), [FAILURE_RETRY_S, "ack", FAILURE_RETRY_S]);
  assert.deepEqual(await endsAfter(3), [4 * FAILURE_RETRY_S, "ack", 4 * FAILURE_RETRY_S]);
  assert.deepEqual(await endsAfter(100), [MAX_RETRY_S, "ack", MAX_RETRY_S]);
});

Deno.test("consume: puts what an invocation has no time for into the queue anew, or asks for it again", async () => {
  const job = { serviceId: TWO, id: crypto.randomUUID() as JobId, channel: "sms" } as const;
  const ids = newIds(3);
  const passes = (): ListedPass[] => [
    { handled: 2, ended: Promise.resolve() },
    { handled: 0, waits: "spent", ended: Promise.resolve() },
  ];
  for (const signal of [AbortSignal.abort(), NEVER]) {
    const left = passes();
    const dispatch = () => left.shift() ?? HELD;
    const part = (): PartResult => ({ kind: "absent" });
    const { consumer, calls, put } = openConsumer({ dispatch, part });
    const { messages, endsOf } = receive([sendOf(ONE, ids), jobMessage(job, 0)]);
    await consumer.consume(messages, signal);
    assert.deepEqual(endsOf(), ["ack", "ack"]);
    assert.deepEqual(
      put.map(({ message }) => message),
      signal.aborted
        ? [sendOf(ONE, ids), jobMessage(job, 0)].toReversed()
        : [sendOf(ONE, ids.slice(2))],
    );
    assert.equal(calls.length, signal.aborted ? 0 : 2);
  }
  const full = openConsumer({ put: () => Promise.reject(new Error("the queue is full")) });
  const { messages, endsOf } = receive([sendOf(ONE, ids)]);
  await full.consumer.consume(messages, AbortSignal.abort());
  assert.deepEqual(endsOf(), [0]);
});

Deno.test("consume: records what it cannot read, and keeps it when that fails", async () => {
  const unreadable = ["text", { v: 0 }, { v: 2 }];
  const { consumer, dead, entries } = openConsumer();
  const { messages, endsOf } = receive(unreadable);
  await consumer.consume(messages, NEVER);
  assert.deepEqual(endsOf(), ["ack", "ack", NEWER_VERSION_RETRY_S]);
  assert.deepEqual(dead, [
    { id: "m0", kind: "unknown", ids: 0, reason: "not-an-object" },
    { id: "m1", kind: "unknown", ids: 0, reason: "old-version" },
  ]);
  assert.deepEqual(entries.map(({ reason }) => reason), [
    "not-an-object",
    "old-version",
    "newer-version",
  ]);
  const failing = openConsumer({ record: () => Promise.reject(new StoreUnavailable("BUSY", "")) });
  const again = receive(unreadable, 2);
  await failing.consumer.consume(again.messages, NEVER);
  assert.deepEqual(again.endsOf(), [2 * FAILURE_RETRY_S, 2 * FAILURE_RETRY_S, 60]);
});

Deno.test("consume: announces the notifications of a job's part, and the part whose turn comes then", async () => {
  const ids = newIds(501);
  const job = { serviceId: ONE, id: crypto.randomUUID() as JobId, channel: "sms" } as const;
  const { consumer, put } = openConsumer({
    part: () => ({ kind: "accepted", notificationIds: ids }),
  });
  const { messages, endsOf } = receive([jobMessage(job, 7)]);
  await consumer.consume(messages, NEVER);
  assert.deepEqual(endsOf(), ["ack"]);
  const expected = [...sendMessages(ONE, "sms", ids), jobMessage(job, 7 + PARTS_AT_ONCE)];
  assert.deepEqual(put.map(({ message }) => message), expected);
});

Deno.test("consume: acknowledges a part that is done already, waits for one that is not, and survives a full queue", async () => {
  const job = { serviceId: ONE, id: crypto.randomUUID() as JobId, channel: "sms" } as const;
  const results: readonly PartResult[] = [
    { kind: "absent" },
    { kind: "busy" },
    { kind: "stopped" },
    { kind: "accepted", notificationIds: newIds(1) },
  ];
  const { consumer, put, entries } = openConsumer({
    part: (part) => results[part] ?? { kind: "absent" },
    put: () => Promise.reject(new Error("queue of ann@example.org is full")),
  });
  const { messages, endsOf } = receive(results.map((_, part) => jobMessage(job, part)));
  await consumer.consume(messages, NEVER);
  assert.deepEqual(endsOf(), ["ack", JOB_RETRY_S, JOB_RETRY_S, "ack"]);
  assert.deepEqual(put, []);
  assert.deepEqual(entries, [{ event: "queue-put-failed", messages: 2, error: "Error" }]);
});

Deno.test("recordDead: records and acknowledges what the queue gave up, or asks for it again", async () => {
  const { consumer, dead, entries } = openConsumer();
  const { messages, endsOf } = receive([sendOf(ONE, newIds(3)), "text"]);
  await consumer.recordDead(messages);
  assert.deepEqual(endsOf(), ["ack", "ack"]);
  assert.deepEqual(dead, [
    { id: "m0", kind: "send", serviceId: ONE, channel: "sms", ids: 3, reason: "retries" },
    { id: "m1", kind: "unknown", ids: 0, reason: "retries" },
  ]);
  assert.deepEqual(entries.map(({ event }) => event), Array(2).fill("queue-message-died"));
  const failing = openConsumer({ record: () => Promise.reject(new StoreUnavailable("BUSY", "")) });
  const again = receive(["text"]);
  await failing.consumer.recordDead(again.messages);
  assert.deepEqual(again.endsOf(), [FAILURE_RETRY_S]);
});
