/** The Worker build, run by a real workerd on this machine (miniflare). */

import {
  Miniflare,
  type Request as MiniflareRequest,
  Response as MiniflareResponse,
} from "npm:miniflare@4.20260730.0";

const ROOT = new URL("../../", import.meta.url);

/**
 * Options for each test that starts a Worker: a disposed miniflare leaves a message port, a timer
 * and the removal of its folder behind. The last may end during the next test, so such tests have a
 * file to themselves.
 */
export const WORKER_TEST = { sanitizeOps: false, sanitizeResources: false } as const;

/** A program of ES modules that import each other as `./name.js`. */
export interface WorkerBundle {
  /** The name of the module that the others are loaded from. */
  readonly entry: string;
  /** The text of each module by its name, the entry's included. */
  readonly modules: Readonly<Record<string, string>>;
}

/** The start options of a Worker. */
export type WorkerOptions = {
  /** One ES module, or those of `bundleWorker`. */
  readonly script: string | WorkerBundle;
  /** Its variables and secrets. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Names of its R2 buckets, empty when it starts. */
  readonly buckets?: readonly string[];
  /** Names of its bindings to a service, which answers nothing. */
  readonly services?: readonly string[];
  /** Its Durable Objects with SQLite: the class of each binding. */
  readonly sqliteObjects?: Readonly<Record<string, string>>;
  /** Whether its isolate can be inspected. */
  readonly inspected?: boolean;
  /** Gets each line of its log; by default they go to this process's output. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Its queue `hark`, with the binding `QUEUE` and a dead-letter queue, both consumed by itself. */
  readonly queue?: EmulatedQueue;
  /**
   * Answers every `fetch` that the Worker makes, so that a test needs no sockets: `hrana.fetch` will
   * do. When it throws, the Worker sees a 500 from miniflare and not a network error: to lose a
   * reply, serve on loopback. Without it the Worker reaches the network itself.
   */
  readonly outbound?: (request: Request) => Promise<Response>;
};

/** How miniflare delivers the messages of a queue: one batch after the other. */
export interface EmulatedQueue {
  readonly maxBatchSize: number;
  /** How long it waits for further messages, in seconds. */
  readonly maxBatchTimeout: number;
  readonly maxRetries: number;
}

/** A message that {@link RunningWorker.queue} delivers. */
export interface DeliveredMessage {
  readonly id: string;
  readonly body: unknown;
  readonly attempts: number;
}

/** A Worker that runs until it is closed. */
export interface RunningWorker extends AsyncDisposable {
  /** Send a request to its `fetch` handler; `path` is the path, with its query. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Its address on loopback, for many quick requests: {@link fetch} goes through miniflare. */
  readonly url: URL;
  /** Opens a WebSocket. @throws when it is refused */
  connect(path: string): Promise<WorkerSocket>;
  /**
   * Takes a Durable Object out of memory, as the platform does with one that is idle.
   *
   * @param sockets whether its WebSockets stay open (hibernation), or close as when its isolate ends
   */
  evict(className: string, name: string, sockets: "hibernate" | "close"): Promise<void>;
  /** Run its `scheduled` handler as a cron would, and wait until it is done, `waitUntil` included. */
  scheduled(): Promise<ScheduledResult>;
  /** The address of its inspector, a WebSocket with V8's protocol, where `inspected` was asked for. */
  inspector(): Promise<string>;
  /** Run its `queue` handler with a batch of messages of a queue, and wait until it is done. */
  queue(name: string, messages: readonly DeliveredMessage[]): Promise<QueueResult>;
  /** Stop workerd, which ends what it does. A second call does nothing. */
  close(): Promise<void>;
}

/** The client's end of a WebSocket. */
export interface WorkerSocket {
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Waits for the next message; `undefined` when there is none before the socket closes. */
  next(): Promise<string | undefined>;
  /** How it was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): void;
}

/** How a `scheduled` handler ended; `outcome` is `ok`, `exception`, … */
export type ScheduledResult = { readonly outcome: string; readonly noRetry: boolean };

/** How a `queue` handler ended: the ids of the messages that it acknowledged, and of those that it wants again. */
export interface QueueResult {
  readonly outcome: string;
  readonly explicitAcks: readonly string[];
  readonly retryMessages: readonly { readonly msgId: string; readonly delaySeconds?: number }[];
}

/** The flags of `deno bundle` in the build command of `wrangler.toml`; a test compares them. */
export const BUNDLE_FLAGS = [
  "--platform",
  "browser",
  "--external",
  "libsql",
  "--external",
  "cloudflare:workers",
  "--minify",
  "--code-splitting",
] as const;

const WORKER_ENTRY = new URL("runtime/worker_entry.ts", ROOT);

/**
 * Bundles the Worker's entry point, or another entry, as `wrangler.toml` does: a module for each `import()`, and one for
 * each part that several of them share.
 *
 * @param flags of `deno bundle`
 * @throws with the bundler's output when it fails.
 */
export async function bundleWorker(
  entry: URL = WORKER_ENTRY,
  flags: readonly string[] = BUNDLE_FLAGS,
): Promise<WorkerBundle> {
  const dir = await Deno.makeTempDir({ prefix: "hark-worker-" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", ...flags, "--outdir", dir, entry.pathname],
      cwd: ROOT,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`deno bundle failed:\n${new TextDecoder().decode(stderr)}`);
    const modules: Record<string, string> = {};
    for await (const { name } of Deno.readDir(dir)) {
      modules[name] = await Deno.readTextFile(`${dir}/${name}`);
    }
    return { entry: entry.pathname.replace(/^.*\/(.*)\.\w+$/, "$1.js"), modules };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The modules for workerd, which starts the first one. */
function toModules(script: string | WorkerBundle) {
  const { entry, modules } = typeof script === "string"
    ? { entry: "worker.js", modules: { "worker.js": script } }
    : script;
  const names = [entry, ...Object.keys(modules).filter((name) => name !== entry)];
  return names.map((path) => ({ type: "ESModule" as const, path, contents: modules[path] ?? "" }));
}

/** Start workerd with one Worker, as `wrangler.toml` configures it. @throws when it does not start. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { outbound, onLine } = options;
  const miniflare = new Miniflare({
    modules: toModules(options.script),
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    bindings: { ...options.bindings },
    r2Buckets: [...options.buckets ?? []],
    serviceBindings: Object.fromEntries(
      (options.services ?? []).map((name) => [name, () => new MiniflareResponse(null)]),
    ),
    durableObjects: Object.fromEntries(
      Object.entries(options.sqliteObjects ?? {})
        .map(([binding, className]) => [binding, { className, useSQLite: true }]),
    ),
    ...(options.inspected === true ? { inspectorPort: 0 } : {}),
    ...(onLine === undefined
      ? {}
      : { handleStructuredLogs: ({ message }: { message: string }) => onLine(message) }),
    ...queuesOf(options.queue),
    ...(outbound === undefined ? {} : {
      outboundService: (request: MiniflareRequest) => answerOutbound(request, outbound),
    }),
  });
  const url = await miniflare.ready;
  let closed: Promise<void> | undefined;
  const close = () => closed ??= miniflare.dispose();
  const inspector = async () => `${await miniflare.getInspectorURL()}core:user:`;
  return {
    url,
    async fetch(path, init = {}) {
      const request = new Request(new URL(path, "http://worker.test"), init);
      const answer = await miniflare.dispatchFetch(request.url, {
        method: request.method,
        headers: [...request.headers],
        redirect: "manual",
        ...(request.body === null ? {} : { body: await request.arrayBuffer() }),
      });
      const empty = answer.body === null || [204, 205, 304].includes(answer.status);
      return new Response(empty ? null : await answer.arrayBuffer(), {
        status: answer.status,
        headers: [...answer.headers],
      });
    },
    connect: (path) => openSocket(new URL(path, url.href.replace("http", "ws"))),
    async evict(className, name, sockets) {
      await miniflare.unsafeEvictDurableObject("", className, { name, webSockets: sockets });
    },
    async scheduled() {
      const worker: unknown = await miniflare.getWorker();
      if (!isDriven(worker)) throw new TypeError("miniflare gave no scheduled()");
      const { outcome, noRetry } = await worker.scheduled({ cron: "* * * * *" });
      return { outcome, noRetry };
    },
    inspector,
    async queue(name, messages) {
      const worker: unknown = await miniflare.getWorker();
      if (!isDriven(worker)) throw new TypeError("miniflare gave no queue()");
      const timestamp = new Date();
      return await worker.queue(name, messages.map((message) => ({ ...message, timestamp })));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openSocket(url: URL): Promise<WorkerSocket> {
  // Miniflare's own client reports a close by the server half a minute later.
  const socket = new WebSocket(url);
  const messages: string[] = [];
  let wake = () => {};
  let isClosed = false;
  socket.onmessage = ({ data }) => {
    messages.push(String(data));
    wake();
  };
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) =>
    socket.onclose = ({ code, reason }) => {
      isClosed = true;
      wake();
      resolve({ code, reason });
    }
  );
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the WebSocket was refused"));
  });
  return {
    send: (data) => socket.send(data),
    async next() {
      while (messages.length === 0 && !isClosed) {
        await new Promise<void>((resolve) => wake = resolve);
      }
      return messages.shift();
    },
    closed,
    close: () => socket.close(),
  };
}

/** miniflare's own type of this needs `@cloudflare/workers-types`. */
type Driven = {
  scheduled(options: { readonly cron: string }): Promise<ScheduledResult>;
  queue(
    name: string,
    messages: readonly (DeliveredMessage & { readonly timestamp: Date })[],
  ): Promise<QueueResult>;
};

function isDriven(worker: unknown): worker is Driven {
  return typeof worker === "object" && worker !== null &&
    ["scheduled", "queue"].every((name) =>
      name in worker && typeof Reflect.get(worker, name) === "function"
    );
}

function queuesOf(queue: EmulatedQueue | undefined) {
  if (queue === undefined) return {};
  const deadLetterQueue = "hark-dead";
  return {
    queueProducers: { QUEUE: { queueName: "hark" } },
    queueConsumers: { hark: { ...queue, deadLetterQueue }, [deadLetterQueue]: queue },
  };
}

async function answerOutbound(
  request: MiniflareRequest,
  outbound: (request: Request) => Promise<Response>,
): Promise<MiniflareResponse> {
  const answer = await outbound(
    new Request(request.url, {
      method: request.method,
      headers: [...request.headers],
      ...(request.body === null ? {} : { body: await request.arrayBuffer() }),
    }),
  );
  return new MiniflareResponse(answer.body, {
    status: answer.status,
    headers: [...answer.headers],
  });
}
