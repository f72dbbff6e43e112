/** The heap of a Worker's isolate, read by V8's inspector. */
import assert from "node:assert/strict";
import type { RunningWorker } from "./workerd.ts";

const MEGABYTE = 1_000_000;

/** Reads the heap of an isolate in megabytes, array buffers included. */
export interface WorkerHeap extends AsyncDisposable {
  /** Returns how much is used, garbage included. */
  used(): Promise<number>;
  /** Collects garbage, then returns how much is used. */
  reachable(): Promise<number>;
}

/** Opens the heap of a Worker that can be inspected. */
export async function openHeap(worker: Pick<RunningWorker, "inspector">): Promise<WorkerHeap> {
  const socket = new WebSocket(await worker.inspector());
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const answers = new Map<number, (message: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data));
    answers.get(message.id)?.(message);
    answers.delete(message.id);
  });
  let calls = 0;
  const call = (method: string) =>
    // deno-lint-ignore no-explicit-any -- the answer has what the method says
    new Promise<any>((resolve) => {
      answers.set(++calls, resolve);
      socket.send(JSON.stringify({ id: calls, method }));
    });
  async function used(): Promise<number> {
    const { result } = await call("Runtime.getHeapUsage");
    assert.equal(typeof result.usedSize, "number");
    return (result.usedSize + result.backingStorageSize) / MEGABYTE;
  }
  return {
    used,
    async reachable() {
      await call("HeapProfiler.collectGarbage");
      return await used();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      socket.close();
      await closed;
    },
  };
}
