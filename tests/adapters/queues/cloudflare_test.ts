import assert from "node:assert/strict";
import {
  createCloudflareQueue,
  isQueueProducer,
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  MAX_MESSAGE_BYTES,
  MESSAGE_OVERHEAD_BYTES,
} from "../../../adapters/queues/cloudflare.ts";
import {
  jobMessage,
  MAX_MESSAGE_IDS,
  sendMessages,
} from "../../../domain/delivery/work_message.ts";
import type { JobId, NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { QueuedMessage } from "../../../domain/ports/work_queue.ts";

const SERVICE = crypto.randomUUID() as ServiceId;
const JOB = { serviceId: SERVICE, id: crypto.randomUUID() as JobId, channel: "sms" } as const;

type Sent = Parameters<Parameters<typeof createCloudflareQueue>[0]["sendBatch"]>[0];

/** A producer that keeps what it gets, and fails at the call `failsAt`. */
function openQueue(failsAt = Infinity) {
  const batches: Sent[] = [];
  const queue = createCloudflareQueue({
    sendBatch(batch) {
      if (batches.length === failsAt) return Promise.reject(new Error("queue is full"));
      batches.push(batch);
      return Promise.resolve();
    },
  });
  return { queue, batches };
}

const sizeOf = ({ message }: QueuedMessage) =>
  JSON.stringify(message).length + MESSAGE_OVERHEAD_BYTES;

/** A message of a size, which no valid one has. */
function messageOf(bytes: number): QueuedMessage {
  const empty = { message: { ...jobMessage(JOB, 0), channel: "sms" } } as const;
  const id = JOB.id + "0".repeat(bytes - sizeOf(empty));
  return { message: jobMessage({ ...JOB, id: id as JobId }, 0) };
}

Deno.test("createCloudflareQueue: sends 100 messages in a call and the 101st in another", async () => {
  for (const [count, expected] of [[0, []], [100, [100]], [101, [100, 1]], [250, [100, 100, 50]]]) {
    const { queue, batches } = openQueue();
    const messages = Array.from(
      { length: Number(count) },
      (_, n) => ({ message: jobMessage(JOB, n) }),
    );
    await queue.put(messages);
    assert.deepEqual(batches.map(({ length }) => length), expected);
    assert.deepEqual(
      batches.flat().map(({ body }) => body),
      messages.map(({ message }) => message),
    );
  }
  assert.equal(MAX_BATCH_MESSAGES, 100);
});

Deno.test("createCloudflareQueue: begins another call at 256 KB, and refuses a message over 128 KB", async () => {
  const half = messageOf(MAX_BATCH_BYTES / 2);
  const { queue, batches } = openQueue();
  await queue.put([half, half, half]);
  assert.deepEqual(batches.map(({ length }) => length), [2, 1]);
  await queue.put([half, messageOf(MAX_BATCH_BYTES / 2 - 1), messageOf(1_000)]);
  assert.deepEqual(batches.map(({ length }) => length), [2, 1, 2, 1]);
  await queue.put([messageOf(MAX_MESSAGE_BYTES)]);
  await assert.rejects(() => queue.put([messageOf(MAX_MESSAGE_BYTES + 1)]), RangeError);
});

Deno.test("createCloudflareQueue: a message with the most ids is a sixth of what the platform takes", async () => {
  const ids = Array.from({ length: MAX_MESSAGE_IDS }, () => crypto.randomUUID() as NotificationId);
  const [message] = sendMessages(SERVICE, "email", ids);
  assert(message !== undefined);
  assert.ok(sizeOf({ message }) < MAX_MESSAGE_BYTES / 6);
  const { queue, batches } = openQueue();
  await queue.put([{ message }]);
  assert.equal(batches.length, 1);
});

Deno.test("createCloudflareQueue: passes the delay on, as JSON, and rejects when a call fails", async () => {
  const { queue, batches } = openQueue(1);
  const message = jobMessage(JOB, 0);
  await queue.put([{ message, delayS: 30 }, { message }]);
  assert.deepEqual(batches[0], [
    { body: message, contentType: "json", delaySeconds: 30 },
    { body: message, contentType: "json" },
  ]);
  assert.equal(queue.maxDelayS, 43_200);
  await assert.rejects(() => queue.put([{ message }]), /queue is full/);
});

Deno.test("isQueueProducer: tells a queue's binding from others", () => {
  const method = () => Promise.resolve();
  assert.ok(isQueueProducer({ send: method, sendBatch: method }));
  for (
    const other of [undefined, null, "hark", {}, { send: method }, { put: method, get: method }]
  ) {
    assert.ok(!isQueueProducer(other));
  }
});

Deno.test("createCloudflareQueue: gives up a call that the queue does not answer", async () => {
  const queue = createCloudflareQueue({ sendBatch: () => new Promise(() => {}) }, 1);
  await assert.rejects(() => queue.put([{ message: jobMessage(JOB, 0) }]), /did not answer/);
});
