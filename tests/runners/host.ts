/** The host of a runner: it starts servers of Hark for the tests of other processes, and tells them where they are. */
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import { waitFor } from "../support/process.ts";
import type { Runner, ServerOptions } from "../support/runner.ts";
import type { Hosted, Start } from "./hosted.ts";
import { createBuildStarter } from "./build_server.ts";
import { type ImportMaps, writeImportMaps } from "./import_map.ts";
import { MAILBOX_VARIABLE } from "./mailbox_variable.ts";
import { startProcess } from "./start_server.ts";
import { type InvocationUse, mostOf } from "./watched/invocation_use.ts";
import { startWorkerd } from "./worker_server.ts";

/** Where to reach a host. */
export interface Host extends AsyncDisposable {
  readonly url: string;
  /** The most that an invocation of any of its servers has used; `undefined` for servers without invocations. */
  mostUsed(): Promise<InvocationUse | undefined>;
}

/** A server, and what its sandbox got. */
interface Served {
  readonly hosted: Promise<Hosted>;
  readonly sent: MailboxEntry[];
  /** Its database's clock, where a test moves it. */
  readonly clock: MovedClock | undefined;
}

/** A database's clock that stands still until it is set. */
interface MovedClock {
  now: number;
  /** Whether it was read since it was set. */
  isKnown: boolean;
}

/** The id of the server that tests share. */
const SHARED = "shared";
/** The address in links is that of applications in process. */
const ADDRESS = { PUBLIC_URL: "http://hark.test", ALLOW_INSECURE: "http-public-url" } as const;

/** Thousands of messages take a busy machine a while. Only a failing test waits so long. */
const SETTLED_WITHIN = { timeoutMs: 300_000 } as const;

/** Rows that are due or under way: `due_at` of what is leased is the end of its lease. */
const UNDER_WAY = `SELECT
  (SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL OR due_at <= ?1) +
  (SELECT count(*) FROM jobs WHERE lease_token IS NOT NULL OR due_at <= ?1) AS n`;

/** What the sandbox took. Its receipts come with its answers, and are written a little later. */
const WITHOUT_RECEIPT =
  "SELECT count(*) AS n FROM notifications WHERE provider = 'sandbox' AND status = 'sending'";
/** How long receipts are waited for. A test may have made a message wait for ever. */
const MAX_RECEIPT_MS = 3_000;
/** How long what requests left behind is waited for: the platform ends it after 30 seconds. */
const MAX_TAIL_MS = 30_000;

/** Callbacks that have something to send, or are being sent. */
const CALLBACKS_UNDER_WAY = `SELECT count(*) AS n FROM callbacks AS c
  WHERE c.lease_token IS NOT NULL OR c.disabled_at IS NULL AND c.paused_until <= ?1 AND (
    c.kind <> 'inbound' AND (c.replay_next IS NOT NULL OR c.position <
      (SELECT max(sequence) FROM service_events AS e WHERE e.service_id = c.service_id))
    OR EXISTS (SELECT 1 FROM callback_deliveries AS w WHERE w.service_id = c.service_id
      AND w.kind = c.kind AND w.state = 'waiting' AND w.due_at <= ?1))`;

/** Starts the host. Disposing ends every server that it has started. */
export async function startHost(
  runner: Exclude<Runner, "process">,
  deno: string = Deno.execPath(),
): Promise<Host> {
  await using stack = new AsyncDisposableStack();
  const maps = stack.use(await writeImportMaps());
  const served = createServers(await starterOf(runner, deno, stack), maps);
  const server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      onListen() {},
      onError: (error) => new Response(String(error), { status: 500 }),
    },
    served.answer,
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  served.setAddress(url);
  // The servers post to the host until they end.
  stack.defer(() => server.shutdown());
  stack.defer(served.end);
  await served.open({ environment: {} });
  const owned = stack.move();
  return {
    url,
    mostUsed: served.mostUsed,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Returns how servers are started. @param stack gets what must stay until all of them have ended */
async function starterOf(
  runner: Exclude<Runner, "process">,
  deno: string,
  stack: AsyncDisposableStack,
): Promise<(options: Start) => Promise<Hosted>> {
  if (runner !== "build") return runner === "start" ? startProcess : startWorkerd;
  return stack.use(await createBuildStarter(deno)).start;
}

function createServers(start: (options: Start) => Promise<Hosted>, maps: ImportMaps) {
  const servers = new Map<string, Served>();
  const uses: InvocationUse[] = [];
  let address = "";

  async function open({ environment, alone = false, time }: ServerOptions) {
    const isShared = !alone && time === undefined && Object.keys(environment).length === 0;
    const id = isShared ? SHARED : crypto.randomUUID();
    let server = servers.get(id);
    if (server === undefined) {
      const mailbox = { [MAILBOX_VARIABLE]: `${address}/servers/${id}/sent` };
      const clock = time === undefined ? undefined : { now: time, isKnown: false };
      server = {
        clock,
        sent: [],
        hosted: start({
          importMap: clock === undefined ? maps.plain : maps.frozen,
          environment: { ...ADDRESS, ...environment, ...mailbox },
          clock: clock && (() => readClock(clock)),
        }),
      };
      servers.set(id, server);
      // One that does not start is not the host's to end.
      server.hosted.catch(() => servers.delete(id));
    }
    const { url, database } = await server.hosted;
    return { id, url, database, isShared };
  }

  async function close(id: string): Promise<void> {
    if (id === SHARED) return;
    const server = await servers.get(id)?.hosted;
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
    const { method } = request;
    if (method === "POST" && id === "") return Response.json(await open(await request.json()));
    const server = servers.get(id);
    if (server === undefined) return new Response("no such server", { status: 404 });
    if (method === "DELETE") await close(id);
    else if (action === "settle") await settle(server);
    else if (action === "callbacks") await settleCallbacks(server);
    else if (action === "time") await setTime(server, await request.json());
    else if (action === "log") return Response.json(await readLog(server));
    else if (method === "POST") server.sent.push(...await request.json());
    else return Response.json(server.sent.toReversed());
    return new Response(null, { status: 204 });
  }

  return {
    open,
    answer,
    async mostUsed(): Promise<InvocationUse | undefined> {
      for (const { hosted } of servers.values()) await noteUse(await hosted);
      return uses.length === 0 ? undefined : mostOf(uses);
    },
    setAddress: (url: string) => void (address = url),
    async end(): Promise<void> {
      for (const { hosted } of servers.values()) await (await hosted)[Symbol.asyncDispose]();
    },
  };
}

/** Its log, with the lines of every request that was answered before. */
async function readLog({ hosted }: Served): Promise<readonly unknown[]> {
  const server = await hosted;
  // Lines are written in the order of the answers, some of them later.
  const marker = await fetch(`${server.url}/v2/marker-of-the-log`);
  await marker.body?.cancel();
  const id = marker.headers.get("x-request-id") ?? "";
  const isMarker = (line: string) => line.includes(id);
  await waitFor("the line of a request", () => server.lines.some(isMarker));
  return server.lines.filter((line) => line.startsWith("{") && !isMarker(line)).map((line) => {
    const { at: _at, ...entry } = JSON.parse(line);
    return entry;
  });
}

function readClock(clock: MovedClock): number {
  clock.isKnown = true;
  return clock.now;
}

/** Sets the clock, and waits until the server has read it: it does by each call of the database. */
async function setTime({ clock, hosted }: Served, now: number): Promise<void> {
  if (clock === undefined) throw new Error("the server has the machine's time");
  const { url, runDue } = await hosted;
  clock.now = now;
  clock.isKnown = false;
  const callDatabase = async () => void await (await fetch(`${url}/readyz`)).body?.cancel();
  await waitFor("the server to read the time", async () => {
    await callDatabase();
    await runDue();
    return clock.isKnown;
  });
  // The answer in which it reads the time may be on its way.
  await callDatabase();
}

async function count({ db }: Hosted, sql: string, args: number[]): Promise<number> {
  const [found] = await db.read([{ sql, args }]);
  return Number(found?.rows[0]?.n);
}

/** Waits until the callbacks that are due have been sent. */
async function settleCallbacks(server: Served): Promise<void> {
  const hosted = await server.hosted;
  await waitFor("no callback to be due", async () => {
    await hosted.runDue();
    return await count(hosted, CALLBACKS_UNDER_WAY, [server.clock?.now ?? Date.now()]) === 0;
  });
}

async function settle(server: Served): Promise<void> {
  const hosted = await server.hosted;
  const { runDue, queued, tails } = hosted;
  const untilNothing = (what: string, timeoutMs: number, look: () => Promise<number>) =>
    waitFor(what, async () => await look() === 0, { timeoutMs }).catch(() => {});
  await untilNothing("the end of what requests left behind", MAX_TAIL_MS, tails);
  await waitFor("nothing to be due", async () => {
    await runDue();
    if (await queued() > 0) return false;
    return await count(hosted, UNDER_WAY, [server.clock?.now ?? Date.now()]) === 0;
  }, SETTLED_WITHIN);
  await untilNothing(
    "the sandbox's receipts",
    MAX_RECEIPT_MS,
    () => count(hosted, WITHOUT_RECEIPT, []),
  );
}
