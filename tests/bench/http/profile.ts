/** Where the time of Hark's main thread goes while it serves requests, by V8's sampling profiler. */
import { DAY_MS } from "../../../domain/time/durations.ts";
import { makeFolder, SANDBOX_ENVIRONMENT, waitFor } from "../../support/process.ts";
import { load, type LoadOptions } from "./load.ts";
import { fullPageQuery, LIST_CONNECTIONS, listRequests, storeNotifications } from "./reads.ts";
import { createSenders, sendRequests } from "./senders.ts";
import { runMigrate, type Server, startProgram } from "./servers.ts";

const WARM_UP_MS = 3_000;
const LASTS_MS = 5_000;
/** Notifications of the service whose list is profiled. */
const PROFILED_LIST_ROWS = 2_000;
const SAMPLE_US = 200;
const ROOT = new URL("../../../", import.meta.url).pathname;
const V8_FLAGS = "--v8-flags=--max-semi-space-size=16,--heap-growing-percent=50";

/** The time of a part of the program. */
export interface ProfiledPart {
  /** A package, a folder of Hark, or the runtime. */
  readonly name: string;
  /** In microseconds a request. */
  readonly us: number;
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The requests that are profiled. */
type ProfiledLoad = Pick<LoadOptions, "connections" | "status" | "request">;

/** Profiles accepts, for tomorrow. @returns the parts, the largest first */
export function profileAccepts(connections: number): Promise<readonly ProfiledPart[]> {
  return profileRequests(async ({ url }) => {
    const scheduledFor = new Date(Date.now() + DAY_MS);
    const request = sendRequests(await createSenders(url), { scheduledFor });
    return { connections, status: 201, request };
  });
}

/** Profiles lists of 250. @returns the parts, the largest first */
export function profileLists(): Promise<readonly ProfiledPart[]> {
  return profileRequests(async (server) => {
    const [sender] = await createSenders(server.url, 1);
    if (sender === undefined) throw new Error("no service");
    const ids = await storeNotifications(server, sender, PROFILED_LIST_ROWS);
    const request = listRequests(sender.key, fullPageQuery(ids));
    return { connections: LIST_CONNECTIONS, status: 200, request };
  });
}

async function profileRequests(
  prepare: (server: Pick<Server, "url">) => Promise<ProfiledLoad>,
): Promise<readonly ProfiledPart[]> {
  await using folder = await makeFolder();
  await runMigrate(ROOT, folder);
  const debuggerPort = findFreePort();
  await using server = await startProgram(
    ["-A", "--quiet", V8_FLAGS, `--inspect=127.0.0.1:${debuggerPort}`, `${ROOT}main.ts`, "start"],
    folder,
    SANDBOX_ENVIRONMENT,
  );
  const common = { url: server.url, ...await prepare(server) };
  await load({ ...common, until: { ms: WARM_UP_MS } });
  const profiler = await connectProfiler(debuggerPort);
  await profiler.call("Profiler.enable");
  await profiler.call("Profiler.setSamplingInterval", { interval: SAMPLE_US });
  await profiler.call("Profiler.start");
  const { answered } = await load({ ...common, until: { ms: LASTS_MS } });
  const { profile } = await profiler.call("Profiler.stop");
  profiler.close();
  return sumUp(profile, answered);
}

function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

interface Profiler {
  // deno-lint-ignore no-explicit-any -- the answers of the inspector's protocol
  call(method: string, params?: object): Promise<any>;
  close(): void;
}

async function connectProfiler(port: number): Promise<Profiler> {
  const [target] = await waitFor("the inspector", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined);
    return await answer?.json();
  });
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.onopen = resolve);
  const waiting = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    waiting.get(id)?.(result);
  };
  let calls = 0;
  return {
    call(method, params = {}) {
      const id = ++calls;
      const answered = new Promise((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params }));
      return answered;
    },
    close: () => socket.close(),
  };
}

/** The time that each part itself took; idle time is left out. */
export function sumUp(profile: Profile, requests: number): readonly ProfiledPart[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const us = new Map<string, number>();
  for (const [at, sample] of profile.samples.entries()) {
    const frame = frames.get(sample);
    if (frame === undefined || frame.functionName === "(idle)") continue;
    const part = partOf(frame);
    us.set(part, (us.get(part) ?? 0) + (profile.timeDeltas[at] ?? 0));
  }
  return [...us].map(([name, total]) => ({ name, us: total / requests }))
    .toSorted((a, b) => b.us - a.us);
}

function partOf({ functionName, url }: CallFrame): string {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (/^\(.*\)$/.test(functionName)) return "runtime, outside JavaScript";
  const npm = /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (npm !== undefined) return `npm:${npm}`;
  if (/^(?:ext|node|native):/.test(url)) {
    return /http|net|stream|tls/.test(url) ? "node:http" : "Deno";
  }
  const own = /\/((?:adapters|application|domain|routes|runtime)(?:\/[^/]+)?)\/[^/]*/.exec(url)
    ?.[1];
  if (own !== undefined) return own;
  if (url !== "") return "other";
  return functionName === "" ? "built-in functions" : `built-in: ${functionName}`;
}
