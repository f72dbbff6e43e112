/** A Worker of Hark in workerd, whose invocations are watched. */
import { BINDINGS, DATABASE, startHarkWorker } from "../conformance/hark_worker.ts";
import { openHeap, type WorkerHeap } from "../support/worker_heap.ts";
import { BUNDLE_FLAGS, bundleWorker, type WorkerBundle } from "../support/workerd.ts";
import type { HostedServer, StartOptions } from "./hosted.ts";
import { COUNTS_PATH } from "./watched/counts_path.ts";
import type { Counts } from "./watched/invocation_watch.ts";

/** The interval of a Worker's cron, in milliseconds: tests do not wait a minute, as on the platform. */
const CRON_MS = 1_000;
/** The interval at which its heap is measured, in milliseconds. */
const HEAP_MS = 500;
/**
 * A smaller heap is measured with its garbage, which is within the limit. Collecting garbage stops the Worker, so it is
 * done for larger heaps only.
 */
const SMALL_HEAP_MB = 70;
/** The bindings of a Worker, as `wrangler.toml` has them. */
const OBJECTS = { DATABASE: "DatabaseObject", INBOXES: "InboxListeners" } as const;
const QUEUE = { maxBatchSize: 10, maxBatchTimeout: 1, maxRetries: 10 } as const;

const ENTRY = new URL("./watched/entry.ts", import.meta.url);
/** The bundles of the Worker by the path of their import map. */
const bundles = new Map<string, Promise<WorkerBundle>>();

function bundleWith(importMap: string): Promise<WorkerBundle> {
  const known = bundles.get(importMap);
  if (known !== undefined) return known;
  const bundle = bundleWorker(ENTRY, [...BUNDLE_FLAGS, `--import-map=${importMap}`]);
  bundles.set(importMap, bundle);
  return bundle;
}

/** Starts a Worker. Where a test sets `FILES_DIR`, the Worker has a bucket in its place. */
export async function startWorkerd(
  { environment: { FILES_DIR: files, ...environment }, importMap, clock }: StartOptions,
): Promise<HostedServer> {
  await using stack = new AsyncDisposableStack();
  const lines: string[] = [];
  const { worker, db, hrana } = stack.use(
    await startHarkWorker(
      { ...BINDINGS, ...environment },
      files === undefined ? [] : ["FILES"],
      OBJECTS,
      {
        queue: QUEUE,
        script: bundleWith(importMap),
        inspected: true,
        onLine(line) {
          lines.push(line);
          // Hark's log is JSON. The other lines are workerd's own, as after a crash.
          if (!line.startsWith("{")) console.error(line);
        },
        ...(clock === undefined ? {} : { clock }),
      },
    ),
  );
  let running: Promise<unknown> | undefined;
  const runDue = async () => {
    // As on the platform, one run at a time.
    running ??= worker.scheduled().finally(() => running = undefined);
    await running;
  };
  const timer = setInterval(() => void runDue(), CRON_MS);
  stack.defer(async () => {
    clearInterval(timer);
    await running;
  });
  const heap = stack.use(watchHeap(await openHeap(worker)));
  const counts = async (): Promise<Counts> => await (await worker.fetch(COUNTS_PATH)).json();
  const owned = stack.move();
  return {
    url: worker.url.origin,
    db,
    database: { url: hrana.serve().url, authToken: DATABASE.DATABASE_AUTH_TOKEN },
    lines,
    runDue,
    async queued() {
      const { put, acknowledged } = (await counts()).queue;
      return put - acknowledged;
    },
    tails: async () => (await counts()).tails,
    async use() {
      const { connections, calls } = (await counts()).most;
      const plan = environment["WORKERS_PLAN"] === "free" ? "free" : "paid";
      return { connections, subrequests: { [plan]: calls }, heapMb: heap.most() };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Measures the heap each {@link HEAP_MS} until it is disposed, and keeps the largest figure. */
function watchHeap(heap: WorkerHeap) {
  let most = 0;
  let measuring: Promise<void> | undefined;
  async function measure(): Promise<void> {
    const used = await heap.used();
    most = Math.max(most, used < SMALL_HEAP_MB ? used : await heap.reachable());
  }
  const timer = setInterval(() => {
    measuring ??= measure().finally(() => measuring = undefined);
  }, HEAP_MS);
  return {
    most: () => most,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await measuring;
      await heap[Symbol.asyncDispose]();
    },
  };
}
