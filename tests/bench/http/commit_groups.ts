/**
 * Measures how accepts share commits, over HTTP: starts `main.ts start` of several checkouts, and loads them in
 * alternating rounds from this process over keep-alive connections, each request with a token of its own.
 *
 *     deno run -A --lock=tests/deno.lock tests/bench/http/commit_groups.ts accept|deliver ROUNDS CHECKOUT...
 *
 * `accept` schedules every message for tomorrow; `deliver` includes sending by the sandbox and its receipts. CPU is that
 * of the server's threads from `/proc`, so it runs on Linux only.
 */
import { createHmac } from "node:crypto";
import { newService, newTemplate, reachAt } from "../../conformance/services.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  pause,
  SANDBOX_ENVIRONMENT,
  waitFor,
} from "../../support/process.ts";
import { type CommitCounts, COUNTS_PREFIX } from "./count_commits.ts";

const CONNECTIONS = [1, 8, 32, 128] as const;
const ROUND_MS = 2_000;
/** More than one, so that no service's rate is reached. */
const SERVICES = 8;
const PRELOAD = new URL("./count_commits.ts", import.meta.url).pathname;

interface Server extends AsyncDisposable {
  readonly checkout: string;
  readonly url: string;
  readonly request: () => Uint8Array<ArrayBuffer>;
  counts(): Promise<CommitCounts>;
  /** CPU time in µs: of the main thread, the database's thread, all. */
  cpu(): Promise<readonly [main: number, all: number]>;
  /** Resolves when no message is being sent. */
  drained(): Promise<void>;
}

interface Measured extends CommitCounts {
  readonly answered: number;
  readonly seconds: number;
  readonly cpuUs: number;
  readonly mainUs: number;
  readonly latenciesMs: readonly number[];
}

const encoder = new TextEncoder();
const base64 = (text: string) =>
  encoder.encode(text).toBase64({ alphabet: "base64url", omitPadding: true });

function tokenOf(key: string, n: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const head = base64('{"typ":"JWT","alg":"HS256"}');
  const signed = `${head}.${base64(JSON.stringify({ iss: key.slice(-73, -37), iat, n }))}`;
  return `${signed}.${createHmac("sha256", key.slice(-36)).update(signed).digest("base64url")}`;
}

async function startServer(checkout: string, mode: string, folder: Folder): Promise<Server> {
  await migrateFolder(folder);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=50"],
      ...["--preload", PRELOAD, `${checkout}/main.ts`, "start"],
    ],
    cwd: folder.path,
    env: { ...SANDBOX_ENVIRONMENT, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let port: string | undefined;
  const lines: string[] = [];
  const reading = [
    readLines(child.stdout, (line) => {
      port ??= /"event":"listening","port":(\d+)/.exec(line)?.[1];
    }),
    readLines(child.stderr, (line) => lines.push(line)),
  ];
  await waitFor("the server to listen", () => port !== undefined);
  const url = `http://127.0.0.1:${port}`;
  const reach = reachAt(() => url);
  const scheduled_for = new Date(Date.now() + 86_400_000).toISOString();
  const senders: { readonly key: string; readonly body: string }[] = [];
  for (let i = 0; i < SERVICES; i++) {
    const { id, keys } = await newService(reach, { rate_limit_per_minute: 60_000 });
    const template = { channel: "sms", name: "A", body: "Hi ((name))" };
    const body = JSON.stringify({
      phone_number: "07900900123",
      template_id: await newTemplate(reach, id, template),
      personalisation: { name: "Ada" },
      ...(mode === "accept" ? { scheduled_for } : {}),
    });
    senders.push({ key: keys.live, body });
  }
  let n = 0;
  const cpu = async (): Promise<readonly [number, number]> => {
    const tasks = `/proc/${child.pid}/task`;
    let main = 0;
    let all = 0;
    for await (const { name } of Deno.readDir(tasks)) {
      const text = await Deno.readTextFile(`${tasks}/${name}/schedstat`).catch(() => "0");
      const us = Number(text.split(" ")[0]) / 1000;
      all += us;
      if (name === String(child.pid)) main = us;
    }
    return [main, all];
  };
  return {
    checkout,
    url,
    request() {
      const { key, body } = senders[n % SERVICES] ?? { key: "", body: "" };
      const head = [
        "POST /v2/notifications/sms HTTP/1.1",
        "Host: localhost",
        `Authorization: Bearer ${tokenOf(key, n++)}`,
        "Content-Type: application/json",
        `Content-Length: ${body.length}`,
      ];
      return encoder.encode(`${head.join("\r\n")}\r\n\r\n${body}`);
    },
    async counts() {
      lines.length = 0;
      child.kill("SIGUSR2");
      const line = await waitFor("counts", () => lines.find((l) => l.startsWith(COUNTS_PREFIX)));
      return JSON.parse(line.slice(COUNTS_PREFIX.length));
    },
    cpu,
    async drained() {
      for (let idle = 0; idle < 3;) {
        const [, before] = await cpu();
        await pause(200);
        const [, after] = await cpu();
        idle = after - before < 20_000 ? idle + 1 : 0;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([child.status, ...reading]);
    },
  };
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
}

async function load(server: Server, connections: number): Promise<Measured> {
  await server.counts();
  const [mainBefore, cpuBefore] = await server.cpu();
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const port = Number(new URL(server.url).port);
  await Promise.all(Array.from({ length: connections }, async () => {
    using connection = await Deno.connect({ port });
    const buffer = new Uint8Array(16_384);
    while (performance.now() - startedAt < ROUND_MS) {
      const sentAt = performance.now();
      await connection.write(server.request());
      const answer = await readAnswer(connection, buffer);
      if (!answer.startsWith("HTTP/1.1 201")) throw new Error(answer);
      latenciesMs.push(performance.now() - sentAt);
    }
  }));
  const seconds = (performance.now() - startedAt) / 1000;
  await server.drained();
  const [mainAfter, cpuAfter] = await server.cpu();
  return {
    ...await server.counts(),
    answered: latenciesMs.length,
    seconds,
    cpuUs: cpuAfter - cpuBefore,
    mainUs: mainAfter - mainBefore,
    latenciesMs,
  };
}

/** Reads an answer with a `Content-Length`. */
async function readAnswer(connection: Deno.Conn, buffer: Uint8Array): Promise<string> {
  const decoder = new TextDecoder();
  for (let size = 0;;) {
    const read = await connection.read(buffer.subarray(size));
    if (read === null) throw new Error("the server closed the connection");
    size += read;
    const text = decoder.decode(buffer.subarray(0, size));
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) continue;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (size >= end + 4 + length) return text;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function format(rounds: readonly Measured[]): string {
  const each = (value: (round: Measured) => number) => median(rounds.map(value));
  const latency = (share: number) =>
    each(({ latenciesMs: all }) =>
      all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) * share)] ?? NaN
    );
  return [
    `${Math.round(each((r) => r.answered / r.seconds))}/s`,
    `${Math.round(each((r) => r.cpuUs / r.answered))} µs (main ${
      Math.round(each((r) => r.mainUs / r.answered))
    })`,
    `group ${each((r) => r.accepts / r.groups).toFixed(1)}`,
    `commits a message ${each((r) => r.commits / r.answered).toFixed(2)}`,
    `p50 ${latency(0.5).toFixed(1)} p99 ${latency(0.99).toFixed(1)} ms`,
  ].join(" | ");
}

if (import.meta.main) {
  const [mode = "accept", rounds = "3", ...checkouts] = Deno.args;
  await using stack = new AsyncDisposableStack();
  const servers: Server[] = [];
  for (const checkout of checkouts) {
    const folder = stack.use(await makeFolder());
    servers.push(stack.use(await startServer(checkout, mode, folder)));
  }
  for (const server of servers) await load(server, 8);
  for (const connections of CONNECTIONS) {
    const measured = new Map(servers.map((server) => [server, [] as Measured[]]));
    for (let round = 0; round < Number(rounds); round++) {
      const order = round % 2 === 0 ? servers : servers.toReversed();
      for (const server of order) measured.get(server)?.push(await load(server, connections));
    }
    for (const [{ checkout }, all] of measured) {
      console.log(`${mode} c=${connections} ${checkout}: ${format(all)}`);
    }
  }
}
