/** The host of a runner: it starts servers of Hark for the tests of other processes, and tells them where they are. */
import { BINDINGS, bundleOnce, startHarkWorker } from "../conformance/hark_worker.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import type { Runner } from "../support/runner.ts";

type Environment = Readonly<Record<string, string>>;

/** A server of Hark with a database of its own. */
interface Hosted extends AsyncDisposable {
  readonly url: string;
  readonly db: Database;
  /** Runs the background work once, where it does not run by itself. */
  runDue(): Promise<void>;
}

/** Where to reach a host. */
export interface Host extends AsyncDisposable {
  readonly url: string;
}

/** The address in links is that of applications in process. */
const ADDRESS = { PUBLIC_URL: "http://hark.test", ALLOW_INSECURE: "http-public-url" } as const;
/** How often a Worker's cron runs. The platform's runs each minute. */
const CRON_MS = 1_000;
/** The bindings of a Worker, as `wrangler.toml` has them. One that is to have files (`FILES_DIR`) has a bucket too. */
const WORKER_OBJECTS = { DATABASE: "DatabaseObject", INBOXES: "InboxListeners" } as const;
const WORKER_QUEUE = { maxBatchSize: 10, maxBatchTimeout: 1, maxRetries: 10 } as const;

/** Rows that are due or under way: `due_at` of what is leased is the end of its lease. */
const UNDER_WAY = `SELECT
  (SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL OR due_at <= ?1) +
  (SELECT count(*) FROM jobs WHERE lease_token IS NOT NULL OR due_at <= ?1) AS n`;

/** Starts the host. Disposing ends every server that it has started. */
export async function startHost(runner: Exclude<Runner, "process">): Promise<Host> {
  const start = runner === "start" ? startProcess : startWorkerd;
  const servers = new Map<string, Promise<Hosted>>();
  const shared = start({});
  servers.set("shared", shared);
  await shared;

  async function open(environment: Environment) {
    if (Object.keys(environment).length === 0) return { id: "shared", url: (await shared).url };
    const id = crypto.randomUUID();
    const started = start(environment);
    servers.set(id, started);
    return { id, url: (await started).url };
  }

  async function close(id: string): Promise<void> {
    if (id === "shared") return;
    const server = servers.get(id);
    servers.delete(id);
    await (await server)?.[Symbol.asyncDispose]();
  }

  async function answer(request: Request): Promise<Response> {
    const [, , id = "", action] = new URL(request.url).pathname.split("/");
    if (request.method === "POST" && id === "") {
      return Response.json(await open(await request.json()));
    }
    if (request.method === "DELETE") {
      await close(id);
    } else if (action === "settle") {
      const server = await servers.get(id);
      if (server !== undefined) await settle(server);
    }
    return new Response(null, { status: 204 });
  }

  const server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      onListen() {},
      onError: (error) => new Response(String(error), { status: 500 }),
    },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      for (const each of servers.values()) await (await each)[Symbol.asyncDispose]();
    },
  };
}

async function settle({ db, runDue }: Hosted): Promise<void> {
  await waitFor("nothing to be due", async () => {
    await runDue();
    const [found] = await db.read([{ sql: UNDER_WAY, args: [Date.now()] }]);
    return Number(found?.rows[0]?.n) === 0;
  });
}

async function startProcess(environment: Environment): Promise<Hosted> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const process = stack.use(
    await serve("start", {
      folder,
      environment: { ...SANDBOX_ENVIRONMENT, ...ADDRESS, ...environment },
    }),
  );
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  stack.defer(() => db.close());
  const owned = stack.move();
  return {
    url: process.url,
    db,
    runDue: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startWorkerd({ FILES_DIR: files, ...environment }: Environment): Promise<Hosted> {
  await using stack = new AsyncDisposableStack();
  await bundleOnce();
  const hark = stack.use(
    await startHarkWorker(
      { ...BINDINGS, ...ADDRESS, ...environment },
      files === undefined ? [] : ["FILES"],
      WORKER_OBJECTS,
      { queue: WORKER_QUEUE },
    ),
  );
  let running: Promise<unknown> | undefined;
  const runDue = async () => {
    // As on the platform, one run at a time.
    running ??= hark.worker.scheduled().finally(() => running = undefined);
    await running;
  };
  const timer = setInterval(() => void runDue(), CRON_MS);
  stack.defer(async () => {
    clearInterval(timer);
    await running;
  });
  const owned = stack.move();
  return {
    url: hark.worker.url.origin,
    db: hark.db,
    runDue,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
