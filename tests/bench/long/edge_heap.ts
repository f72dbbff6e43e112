/** The heap of the Worker's isolate during its largest requests, by V8's inspector. */
import assert from "node:assert/strict";
import { newSender, type Sender, uploadList } from "../../conformance/limited_sends.ts";
import type { LimitedWorker } from "../../conformance/limited_worker.ts";
import { pause } from "../../support/process.ts";

/** The rows of the upload. */
export const HEAP_ROWS = 100_000;
const LOOK_EVERY_MS = 200;
const MEGABYTE = 1_000_000;

/** The most of the heap that was reachable, in megabytes: garbage is collected before each look. */
export interface EdgeHeap {
  readonly inboxesMb: number;
  readonly uploadMb: number;
}

/** Measures a message to many inboxes, which `send` sends, and the upload of a list. */
export async function measureHeap(
  limited: LimitedWorker,
  send: () => Promise<unknown>,
): Promise<EdgeHeap> {
  const sender: Sender = await newSender(limited);
  const rows = Array.from({ length: HEAP_ROWS }, (_, index) => `eve@n${index}.example.net,Eve`);
  await using heap = await openHeap(limited);
  const inboxesMb = await heap.mostDuring(send);
  return { inboxesMb, uploadMb: await heap.mostDuring(() => uploadList(limited, sender, rows)) };
}

async function openHeap({ worker }: LimitedWorker) {
  const socket = new WebSocket(await worker.inspector());
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const answers = new Map<number, (message: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data));
    answers.get(message.id)?.(message);
  });
  let calls = 0;
  const call = (method: string) =>
    // deno-lint-ignore no-explicit-any -- the answer has what the method says
    new Promise<any>((resolve) => {
      answers.set(++calls, resolve);
      socket.send(JSON.stringify({ id: calls, method }));
    });
  async function look(): Promise<number> {
    await call("HeapProfiler.collectGarbage");
    const { result } = await call("Runtime.getHeapUsage");
    assert.equal(typeof result.usedSize, "number");
    return (result.usedSize + result.backingStorageSize) / MEGABYTE;
  }
  return {
    async mostDuring(work: () => Promise<unknown>): Promise<number> {
      let isOver = false;
      let most = 0;
      const working = work().finally(() => isOver = true);
      do {
        most = Math.max(most, await look());
        await pause(LOOK_EVERY_MS);
      } while (!isOver);
      await working;
      return most;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      socket.close();
      await closed;
    },
  };
}
