/** The host of a runner: it starts servers of Hark for the tests of other processes, and tells them where they are. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  waitFor,
} from "../support/process.ts";
import type { Runner } from "../support/runner.ts";
import { ADDRESS, type Environment, type Hosted } from "./hosted.ts";
import { type InvocationUse, mostOf } from "./watched/invocation_use.ts";
import { startWorkerd } from "./worker_server.ts";

/** Where to reach a host. */
export interface Host extends AsyncDisposable {
  readonly url: string;
  /** The most that an invocation of any of its servers has used; `undefined` for servers without invocations. */
  mostUsed(): Promise<InvocationUse | undefined>;
}

/** Thousands of messages take a busy machine a while. Only a failing test waits so long. */
const SETTLED_WITHIN = { timeoutMs: 300_000 } as const;

/** Rows that are due or under way: `due_at` of what is leased is the end of its lease. */
const UNDER_WAY = `SELECT
  (SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL OR due_at <= ?1) +
  (SELECT count(*) FROM jobs WHERE lease_token IS NOT NULL OR due_at <= ?1) AS n`;

/** Starts the host. Disposing ends every server that it has started. */
export async function startHost(runner: Exclude<Runner, "process">): Promise<Host> {
  const start = runner === "start" ? startProcess : startWorkerd;
  const servers = new Map<string, Promise<Hosted>>();
  const uses: InvocationUse[] = [];
  const shared = start({});
  servers.set("shared", shared);
  await shared;

  async function open(environment: Environment) {
    if (Object.keys(environment).length === 0) return { id: "shared", url: (await shared).url };
    const id = crypto.randomUUID();
    const started = start(environment);
    servers.set(id, started);
    // One that does not start is not the host's to end.
    started.catch(() => servers.delete(id));
    return { id, url: (await started).url };
  }

  async function close(id: string): Promise<void> {
    if (id === "shared") return;
    const server = await servers.get(id);
    servers.delete(id);
    if (server === undefined) return;
    await noteUse(server);
    await server[Symbol.asyncDispose]();
  }

  async function noteUse({ use }: Hosted): Promise<void> {
    if (use !== undefined) uses.push(await use());
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
    async mostUsed() {
      for (const each of servers.values()) await noteUse(await each);
      return uses.length === 0 ? undefined : mostOf(uses);
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      for (const each of servers.values()) await (await each)[Symbol.asyncDispose]();
    },
  };
}

async function settle({ db, runDue, queued }: Hosted): Promise<void> {
  await waitFor("nothing to be due", async () => {
    await runDue();
    if (await queued() > 0) return false;
    const [found] = await db.read([{ sql: UNDER_WAY, args: [Date.now()] }]);
    return Number(found?.rows[0]?.n) === 0;
  }, SETTLED_WITHIN);
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
    queued: () => Promise.resolve(0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
