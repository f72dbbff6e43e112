import assert from "node:assert/strict";
import type {
  ReceivedMessage,
  WorkConsumer,
} from "../../../application/delivery/queued/consume_work.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { ConfigError } from "../../../runtime/config.ts";
import { handleQueue, openWorkQueue, type QueueBatch } from "../../../runtime/worker/queue.ts";

function openLog() {
  const entries: LogEntry[] = [];
  return { entries, log: (entry: LogEntry) => void entries.push(entry) };
}

Deno.test("openWorkQueue: says what a missing binding means, and refuses another one by name", async () => {
  const { entries, log } = openLog();
  assert.equal(await openWorkQueue(undefined, log), undefined);
  assert.deepEqual(entries.map(({ event, binding }) => [event, binding]), [
    ["binding-missing", "QUEUE"],
  ]);
  assert.match(String(entries[0]?.meaning), /next cron/);
  const method = () => Promise.resolve();
  for (const wrong of ["hark", {}, null, { get: method, put: method, delete: method }]) {
    await assert.rejects(
      () => openWorkQueue(wrong, log),
      (error) =>
        error instanceof ConfigError &&
        /^QUEUE must be the binding of a producer/.test(error.message),
    );
  }
  assert.notEqual(await openWorkQueue({ send: method, sendBatch: method }, log), undefined);
  assert.equal(entries.length, 1);
});

/** A batch of two messages, and what became of them. */
function newBatch(queue: string) {
  const ends: (readonly [string, string | number])[] = [];
  const batch: QueueBatch = {
    queue,
    messages: ["a", "b"].map((id) => ({
      id,
      body: {},
      attempts: 1,
      ack: () => void ends.push([id, "ack"]),
      retry: ({ delaySeconds }) => void ends.push([id, delaySeconds]),
    })),
  };
  return { batch, ends };
}

Deno.test("handleQueue: passes messages on, and those of a dead-letter queue to the record", async () => {
  const { log } = openLog();
  const handled: string[] = [];
  const handle = (what: string) => (messages: readonly ReceivedMessage[]) => {
    handled.push(what);
    for (const message of messages) message.ack();
    return Promise.resolve();
  };
  const consumer: WorkConsumer = { consume: handle("consume"), recordDead: handle("record") };
  const load = () => Promise.resolve({ loadWorkConsumer: () => Promise.resolve(consumer) });
  for (const name of ["hark", "hark-dead", "hark-staging", "dead-letters"]) {
    const { batch, ends } = newBatch(name);
    await handleQueue(batch, load, log);
    assert.deepEqual(ends, [["a", "ack"], ["b", "ack"]]);
  }
  assert.deepEqual(handled, ["consume", "record", "consume", "consume"]);
});

Deno.test("handleQueue: asks for all messages again when the Worker cannot serve", async () => {
  for (
    const load of [
      () => Promise.reject(new ConfigError("MASTER_KEY is missing")),
      () => Promise.reject(new StoreUnavailable("TIMEOUT", "no answer")),
      () => Promise.resolve({ loadWorkConsumer: undefined }),
    ]
  ) {
    const { entries, log } = openLog();
    const { batch, ends } = newBatch("hark");
    await handleQueue(batch, load, log);
    assert.deepEqual(ends, [["a", 30], ["b", 30]]);
    assert.deepEqual(entries.map(({ event, messages }) => [event, messages]), [[
      "queue-failed",
      2,
    ]]);
  }
});
