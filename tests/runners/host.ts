/**
 * The host of a runner: it starts servers of Hark, and tests in other processes ask it for them by HTTP
 * (`openServer` in `tests/support/runner.ts`).
 *
 *     POST   /servers                 opens a server, or returns the shared one
 *     GET    /servers/{id}/sent       the messages of its sandbox, the newest first; the sandbox itself does `POST`
 *     GET    /servers/{id}/log        its log
 *     PUT    /servers/{id}/time       sets its database's clock
 *     POST   /servers/{id}/settle     answers when nothing is due
 *     POST   /servers/{id}/callbacks  answers when no callback is due
 *     DELETE /servers/{id}            ends it, unless it is shared
 */
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import type { Runner, ServerOptions } from "../support/runner.ts";
import { createBuildStarter } from "./build_server.ts";
import type { HostedServer, StartOptions } from "./hosted.ts";
import { type ImportMaps, writeImportMaps } from "./import_map.ts";
import { MAILBOX_VARIABLE } from "./mailbox_variable.ts";
import { createMovedClock, type MovedClock } from "./moved_clock.ts";
import { readLog } from "./server_log.ts";
import { settle, settleCallbacks } from "./settle.ts";
import { startProcess } from "./start_server.ts";
import { type InvocationUse, mostOf } from "./watched/invocation_use.ts";
import { startWorkerd } from "./worker_server.ts";

/** Where to reach a host. */
export interface Host extends AsyncDisposable {
  readonly url: string;
  /** The most that an invocation of any of its servers has used; `undefined` for servers without invocations. */
  mostUsed(): Promise<InvocationUse | undefined>;
}

/** A server of the host, and the messages of its sandbox. */
interface ServerEntry {
  readonly hosted: Promise<HostedServer>;
  /** The messages of its sandbox, the oldest first. */
  readonly sent: MailboxEntry[];
  /** Its database's clock where a test moves it; `undefined` for the machine's. */
  readonly clock: MovedClock | undefined;
}

/** The id of the server that tests share. */
const SHARED = "shared";
/** The variables with the address in links, which is that of applications in process. */
const ADDRESS = { PUBLIC_URL: "http://hark.test", ALLOW_INSECURE: "http-public-url" } as const;

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

/** Returns the function that starts servers of a runner. @param stack gets what must stay until all have ended */
async function starterOf(
  runner: Exclude<Runner, "process">,
  deno: string,
  stack: AsyncDisposableStack,
): Promise<(options: StartOptions) => Promise<HostedServer>> {
  if (runner !== "build") return runner === "start" ? startProcess : startWorkerd;
  return stack.use(await createBuildStarter(deno)).start;
}

/** Creates the table of servers, still empty, and the handler of the tests' requests. */
function createServers(start: (options: StartOptions) => Promise<HostedServer>, maps: ImportMaps) {
  const servers = new Map<string, ServerEntry>();
  const uses: InvocationUse[] = [];
  let address = "";

  async function open({ environment, alone = false, time }: ServerOptions) {
    const isShared = !alone && time === undefined && Object.keys(environment).length === 0;
    const id = isShared ? SHARED : crypto.randomUUID();
    let server = servers.get(id);
    if (server === undefined) {
      const mailbox = { [MAILBOX_VARIABLE]: `${address}/servers/${id}/sent` };
      const clock = time === undefined ? undefined : createMovedClock(time);
      server = {
        clock,
        sent: [],
        hosted: start({
          importMap: clock === undefined ? maps.plain : maps.frozen,
          environment: { ...ADDRESS, ...environment, ...mailbox },
          clock: clock?.read,
        }),
      };
      servers.set(id, server);
      // A server that failed to start has ended already.
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

  async function noteUse({ use }: HostedServer): Promise<void> {
    if (use !== undefined) uses.push(await use());
  }

  async function answer(request: Request): Promise<Response> {
    const [, , id = "", action] = new URL(request.url).pathname.split("/");
    const { method } = request;
    if (method === "POST" && id === "") return Response.json(await open(await request.json()));
    const server = servers.get(id);
    if (server === undefined) return new Response("no such server", { status: 404 });
    if (action === "sent") return await answerSent(server, request);
    const hosted = await server.hosted;
    const now = server.clock?.now ?? Date.now;
    if (action === "log") return Response.json(await readLog(hosted));
    if (action === "settle") await settle(hosted, now);
    else if (action === "callbacks") await settleCallbacks(hosted, now);
    else if (action === "time") await setTime(server, await request.json());
    else if (method === "DELETE") await close(id);
    return noContent();
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

/** Adds messages of the sandbox (`POST`), or returns all so far, the newest first. */
async function answerSent({ sent }: ServerEntry, request: Request): Promise<Response> {
  if (request.method !== "POST") return Response.json(sent.toReversed());
  sent.push(...await request.json());
  return noContent();
}

const noContent = () => new Response(null, { status: 204 });

async function setTime({ clock, hosted }: ServerEntry, now: number): Promise<void> {
  if (clock === undefined) throw new Error("the server has the machine's time");
  await clock.set(now, await hosted);
}
