/** The host of a runner: it starts servers of Hark for the tests of other processes, and tells them where they are. */
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import { waitFor } from "../support/process.ts";
import type { Runner, ServerOptions } from "../support/runner.ts";
import type { Hosted, Start } from "./hosted.ts";
import { startProcess } from "./hosted_start.ts";
import { startWorkerd } from "./hosted_worker.ts";
import { writeImportMap } from "./import_map.ts";
import { MAILBOX_VARIABLE } from "./mailbox_variable.ts";

/** Where to reach a host. */
export interface Host extends AsyncDisposable {
  readonly url: string;
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

/** Rows that are due or under way: `due_at` of what is leased is the end of its lease. */
const UNDER_WAY = `SELECT
  (SELECT count(*) FROM outbox WHERE lease_token IS NOT NULL OR due_at <= ?1) +
  (SELECT count(*) FROM jobs WHERE lease_token IS NOT NULL OR due_at <= ?1) AS n`;

/** Starts the host. Disposing ends every server that it has started. */
export async function startHost(runner: Exclude<Runner, "process">): Promise<Host> {
  await using stack = new AsyncDisposableStack();
  const importMap = await writeImportMap();
  stack.defer(() => Deno.remove(importMap));
  const served = createServers(runner === "start" ? startProcess : startWorkerd, importMap);
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
  return { url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function createServers(start: (options: Start) => Promise<Hosted>, importMap: string) {
  const servers = new Map<string, Served>();
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
          importMap,
          environment: { ...ADDRESS, ...environment, ...mailbox },
          clock: clock && (() => readClock(clock)),
        }),
      };
      servers.set(id, server);
    }
    const { url, database } = await server.hosted;
    return { id, url, database, isShared };
  }

  async function close(id: string): Promise<void> {
    if (id === SHARED) return;
    const server = servers.get(id);
    servers.delete(id);
    await (await server?.hosted)?.[Symbol.asyncDispose]();
  }

  async function answer(request: Request): Promise<Response> {
    const [, , id = "", action] = new URL(request.url).pathname.split("/");
    const { method } = request;
    if (method === "POST" && id === "") return Response.json(await open(await request.json()));
    const server = servers.get(id);
    if (server === undefined) return new Response("no such server", { status: 404 });
    if (method === "DELETE") await close(id);
    else if (action === "settle") await settle(server);
    else if (action === "time") await setTime(server, await request.json());
    else if (method === "POST") server.sent.push(...await request.json());
    else return Response.json(server.sent.toReversed());
    return new Response(null, { status: 204 });
  }

  return {
    open,
    answer,
    setAddress: (url: string) => void (address = url),
    async end(): Promise<void> {
      for (const { hosted } of servers.values()) await (await hosted)[Symbol.asyncDispose]();
    },
  };
}

function readClock(clock: MovedClock): number {
  clock.isKnown = true;
  return clock.now;
}

/** Sets the clock, and waits until the server has read it: it does with its background work, once in a second or two. */
async function setTime({ clock, hosted }: Served, now: number): Promise<void> {
  if (clock === undefined) throw new Error("the server has the machine's time");
  const { url, runDue } = await hosted;
  clock.now = now;
  clock.isKnown = false;
  await waitFor("the server to read the time", async () => {
    await runDue();
    return clock.isKnown;
  });
  // The answer in which it reads the time is on its way.
  await (await fetch(`${url}/readyz`)).body?.cancel();
}

async function settle(server: Served): Promise<void> {
  const { db, runDue } = await server.hosted;
  await waitFor("nothing to be due", async () => {
    await runDue();
    const [found] = await db.read([{ sql: UNDER_WAY, args: [server.clock?.now ?? Date.now()] }]);
    return Number(found?.rows[0]?.n) === 0;
  });
}
