/** The heap of the Worker's isolate during its largest requests, by V8's inspector. */
import { newSender, type Sender, uploadList } from "../../conformance/limited_sends.ts";
import type { LimitedWorker } from "../../conformance/limited_worker.ts";
import { pause } from "../../support/process.ts";
import { openHeap, type WorkerHeap } from "../../support/worker_heap.ts";

/** The rows of the upload. */
export const HEAP_ROWS = 100_000;
const LOOK_EVERY_MS = 200;

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
  await using heap = await openHeap(limited.worker);
  const inboxesMb = await mostDuring(heap, send);
  const uploadMb = await mostDuring(heap, () => uploadList(limited, sender, rows));
  return { inboxesMb, uploadMb };
}

async function mostDuring(heap: WorkerHeap, work: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let most = 0;
  const working = work().finally(() => isOver = true);
  do {
    most = Math.max(most, await heap.reachable());
    await pause(LOOK_EVERY_MS);
  } while (!isOver);
  await working;
  return most;
}
