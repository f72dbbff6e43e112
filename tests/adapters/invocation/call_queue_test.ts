import assert from "node:assert/strict";
import {
  type CallPurpose,
  type CallQueue,
  CallsUsedUp,
  createCallQueue,
  SETTLEMENT_CALLS,
} from "../../../adapters/invocation/call_queue.ts";

const microtasks = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Enters calls, and writes down which have begun. */
function recorder(queue: CallQueue) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    enter(name: string, purpose: CallPurpose, signal?: AbortSignal) {
      return queue.enter(purpose, signal).then((end) => {
        begun.push(name);
        ends.set(name, end);
      });
    },
    async end(name: string) {
      ends.get(name)?.();
      await microtasks();
    },
  };
}

Deno.test("createCallQueue: opens as many calls as there are connections, and leaves one to the database", async () => {
  const { begun, enter, end } = recorder(createCallQueue({ connections: 3, calls: 100 }));
  for (const name of ["a", "b", "c", "d"]) void enter(name, "other");
  await microtasks();
  assert.deepEqual(begun, ["a", "b"]);
  void enter("read", "database");
  void enter("write", "database");
  await microtasks();
  assert.deepEqual(begun, ["a", "b", "read"]);
  await end("a");
  assert.deepEqual(begun, ["a", "b", "read", "write"], "the database before others that wait");
  await end("read");
  assert.deepEqual(begun.slice(4), ["c"]);
  await end("read");
  assert.deepEqual(begun.slice(4), ["c"], "a call ends once");
  await end("write");
  await end("b");
  assert.deepEqual(begun.slice(4), ["c", "d"]);
});

Deno.test("createCallQueue: leaves the last calls to settlements", async () => {
  const queue = createCallQueue({ connections: 6, calls: SETTLEMENT_CALLS + 1 });
  assert.equal(queue.left(), 1);
  (await queue.enter("other"))();
  assert.equal(queue.left(), 0);
  for (const purpose of ["other", "database"] as const) {
    await assert.rejects(queue.enter(purpose), CallsUsedUp);
  }
  for (let i = 0; i < SETTLEMENT_CALLS; i++) (await queue.enter("settlement"))();
  await assert.rejects(queue.enter("settlement"), CallsUsedUp);
  assert.equal(queue.made, SETTLEMENT_CALLS + 1);
});

Deno.test("createCallQueue: a call that is aborted while it waits is not made and not counted", async () => {
  const queue = createCallQueue({ connections: 2, calls: 100 });
  const { begun, enter, end } = recorder(queue);
  const stop = new AbortController();
  await enter("a", "other");
  const waiting = enter("b", "other", stop.signal);
  const next = enter("c", "other");
  assert.deepEqual([queue.made, queue.begun], [3, 1]);
  stop.abort(new RangeError("too late"));
  await assert.rejects(waiting, RangeError);
  await assert.rejects(queue.enter("other", stop.signal), RangeError, "aborted before");
  await end("a");
  await next;
  assert.deepEqual(begun, ["a", "c"]);
  assert.equal(queue.made, 2);
});
