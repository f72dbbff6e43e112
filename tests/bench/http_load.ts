/**
 * Load over HTTP from another process than the server's: keep-alive connections, each with one request at a time.
 *
 * As a program it measures what Hark's listener costs beside `Deno.serve`, by an accept of a text message and by
 * `/healthz`, in alternating rounds: `deno run -A --lock=tests/deno.lock tests/bench/http_load.ts [rounds]`.
 */
import { manage, newService, newTemplate, reachAt } from "../conformance/services.ts";
import { issueRequestToken } from "../support/application.ts";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  type ServingProcess,
} from "../support/process.ts";
import { median } from "./measure.ts";

/** A load on a server. */
export interface LoadOptions {
  /** The origin of the server. */
  readonly url: string;
  readonly connections: number;
  readonly requests: number;
  /** The whole request, head and body. */
  readonly request: Uint8Array;
  /** The status that every answer must have. */
  readonly status: number;
}

/** How a server bore a load. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends requests over keep-alive connections. @throws when an answer has another status */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { hostname, port } = new URL(options.url);
  const latencies: number[] = [];
  let left = options.requests;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: options.connections }, async () => {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const buffer = new Uint8Array(65_536);
    while (left-- > 0) {
      const sentAt = performance.now();
      await connection.write(options.request);
      await readAnswer(connection, buffer, options.status);
      latencies.push(performance.now() - sentAt);
    }
  }));
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? NaN;
  return { requestsPerSecond: options.requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Reads one answer with a `Content-Length`. */
async function readAnswer(connection: Deno.Conn, buffer: Uint8Array, status: number) {
  let length = 0;
  for (;;) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) throw new Error("the server closed the connection");
    length += read;
    const text = LATIN1.decode(buffer.subarray(0, length));
    const headEnd = text.indexOf("\r\n\r\n");
    if (headEnd < 0) continue;
    const bodyLength = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? NaN);
    if (!text.startsWith(`HTTP/1.1 ${status} `) || Number.isNaN(bodyLength)) throw new Error(text);
    if (length >= headEnd + 4 + bodyLength) return;
  }
}

const LATIN1 = new TextDecoder("latin1");

/** A request's bytes. */
export function requestBytes(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Uint8Array {
  const bytes = new TextEncoder().encode(body);
  const lines = Object.entries({ "Host": "localhost", ...headers }).map(([k, v]) =>
    `${k}: ${v}\r\n`
  );
  const length = method === "GET" ? "" : `Content-Length: ${bytes.length}\r\n`;
  const head = new TextEncoder().encode(
    `${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n`,
  );
  const request = new Uint8Array(head.length + bytes.length);
  request.set(head);
  request.set(bytes, head.length);
  return request;
}

/** The CPU time that each thread of a process has used, in microseconds, by the thread's name. */
export async function cpuByThread(pid: number): Promise<ReadonlyMap<string, number>> {
  const used = new Map<string, number>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const path = `/proc/${pid}/task/${name}`;
    try {
      const [nanoseconds = "0"] = (await Deno.readTextFile(`${path}/schedstat`)).split(" ");
      const thread = (await Deno.readTextFile(`${path}/comm`)).trim();
      const group = Number(name) === pid ? "main" : thread;
      used.set(group, (used.get(group) ?? 0) + Number(nanoseconds) / 1000);
    } catch (error) {
      // A thread that has ended meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return used;
}

const CONNECTIONS = 16;
const WARM_UP_ROUNDS = 2;

/** The servers that are compared; a platform's variable selects `Deno.serve`. */
const SERVERS = { "Deno.serve": { DENO_DEPLOYMENT_ID: "bench" }, "listener": {} } as const;
type ServerName = keyof typeof SERVERS;

/** What is sent, and how often in a round. */
const CASES = { "accept": 500, "refused": 2_000, "healthz": 4_000 } as const;
type CaseName = keyof typeof CASES;

/** Prepares a service whose messages wait, so that nothing but the accept is measured. */
async function prepareLoads(
  hark: ServingProcess,
): Promise<Record<CaseName, () => Promise<LoadOptions>>> {
  const reach = reachAt(() => hark.url);
  const service = await newService(reach);
  const settings = await manage(reach, "PATCH", `/manage/services/${service.id}`, {
    time_zone: "Etc/UTC",
    quiet_hours: quietHoursNow(),
    // A higher one has a burst of so few milliseconds that an accept which waits for others is refused.
    rate_limit_per_minute: 200_000,
    daily_limits: { sms: 1_000_000 },
  });
  if (settings.status !== 200) throw new Error(JSON.stringify(settings.body));
  const template_id = await newTemplate(reach, service.id, {
    channel: "sms",
    name: "Text",
    body: "Hello ((name)), your appointment is on ((date))",
  });
  const body = JSON.stringify({
    template_id,
    phone_number: "07900900123",
    personalisation: { name: "Ann", date: "1 May" },
  });
  const common = { url: hark.url, connections: CONNECTIONS };
  const post = async (text: string) =>
    requestBytes("POST", "/v2/notifications/sms", {
      "Authorization": `Bearer ${await issueRequestToken(service.keys.live)}`,
      "Content-Type": "application/json",
      "User-Agent": "NOTIFY-API-NODE-CLIENT/8.2.1",
      "Accept": "*/*",
    }, text);
  return {
    // Each time anew: a token is good for 30 seconds.
    accept: async () => ({
      ...common,
      requests: CASES.accept,
      request: await post(body),
      status: 201,
    }),
    // An accept without the database's part, which varies by more than a listener costs.
    refused: async () => ({
      ...common,
      requests: CASES.refused,
      request: await post(body.replace(template_id, "none")),
      status: 400,
    }),
    healthz: () =>
      Promise.resolve({
        ...common,
        requests: CASES.healthz,
        request: requestBytes("GET", "/healthz"),
        status: 200,
      }),
  };
}

function quietHoursNow(): { readonly start: string; readonly end: string } {
  const hour = new Date().getUTCHours();
  const text = (at: number) => `${String((at + 24) % 24).padStart(2, "0")}:00`;
  return { start: text(hour - 1), end: text(hour + 2) };
}

interface Sample extends LoadResult {
  readonly cpuUs: number;
  readonly mainUs: number;
}

async function measureRound(hark: ServingProcess, options: LoadOptions): Promise<Sample> {
  const before = await cpuByThread(hark.pid);
  const result = await load(options);
  const after = await cpuByThread(hark.pid);
  const sum = (used: ReadonlyMap<string, number>) => [...used.values()].reduce((a, b) => a + b, 0);
  return {
    ...result,
    cpuUs: (sum(after) - sum(before)) / options.requests,
    mainUs: ((after.get("main") ?? 0) - (before.get("main") ?? 0)) / options.requests,
  };
}

async function compare(rounds: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const servers = new Map<ServerName, [ServingProcess, Awaited<ReturnType<typeof prepareLoads>>]>();
  for (const name of ["Deno.serve", "listener"] as const) {
    const folder = stack.use(await makeFolder());
    await migrateFolder(folder);
    const environment = { ...SANDBOX_ENVIRONMENT, ...SERVERS[name] };
    const hark = stack.use(
      await serve("start", {
        folder,
        environment,
        permissions: ["-A", "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=50"],
      }),
    );
    servers.set(name, [hark, await prepareLoads(hark)]);
  }
  for (const name of ["accept", "refused", "healthz"] as const) {
    const samples = new Map<ServerName, Sample[]>();
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const [server, [hark, loads]] of servers) {
        const sample = await measureRound(hark, await loads[name]());
        if (round >= 0) samples.set(server, [...(samples.get(server) ?? []), sample]);
      }
    }
    console.log(`\n${name.padEnd(14)} CPU µs   main µs   requests/s   p50 ms   p99 ms`);
    for (const [server, taken] of samples) {
      const of = (key: keyof Sample, digits: number, width: number) =>
        median(taken.map((sample) => sample[key])).toFixed(digits).padStart(width);
      console.log(
        `${server.padEnd(12)}${of("cpuUs", 1, 9)}${of("mainUs", 1, 10)}` +
          `${of("requestsPerSecond", 0, 13)}${of("p50Ms", 1, 9)}${of("p99Ms", 1, 9)}`,
      );
    }
  }
}

if (import.meta.main) await compare(Number(Deno.args[0] ?? 9));
