/** The start of a server and what it costs while nothing happens. */
import { type Folder, makeFolder, pause, SANDBOX_ENVIRONMENT } from "../../support/process.ts";
import { median } from "../measure.ts";
import { cpuBetween, readCpu, readMemory } from "./process_stats.ts";
import { runMigrate, startHark } from "./servers.ts";

const STARTS = 7;
const RETRY_MS = 2;
const SETTLING_MS = 4_000;
const IDLE_MS = 10_000;

/** How a server starts and idles. */
export interface Idle {
  /** From the start of `main.ts start` to its first 200, in milliseconds. */
  readonly startMs: number;
  /** The same from the start of the launcher, which `deno task start` runs. */
  readonly launcherMs: number;
  readonly rssMb: number;
  /** Of one core. */
  readonly cpuShare: number;
}

const ROOT = new URL("../../../", import.meta.url).pathname;

/** Measures the start, several times with a warm cache, and an idle server. */
export async function measureIdle(): Promise<Idle> {
  await using folder = await makeFolder();
  await runMigrate(ROOT, folder);
  const direct: number[] = [];
  const launched: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    direct.push(await timeStart(`${ROOT}main.ts`, folder));
    launched.push(await timeStart(`${ROOT}runtime/launcher.ts`, folder));
  }
  return { startMs: median(direct), launcherMs: median(launched), ...await measureIdling() };
}

async function measureIdling(): Promise<Pick<Idle, "rssMb" | "cpuShare">> {
  await using hark = await startHark();
  await pause(SETTLING_MS);
  const before = readCpu(hark.pid);
  await pause(IDLE_MS);
  const { all } = cpuBetween(before, readCpu(hark.pid));
  return { rssMb: readMemory(hark.pid).nowMb, cpuShare: all / 1000 / IDLE_MS };
}

async function timeStart(program: string, { path }: Folder): Promise<number> {
  const port = findFreePort();
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, "start"],
    cwd: path,
    env: { ...SANDBOX_ENVIRONMENT, PORT: String(port), HOST: "127.0.0.1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    while (!await answers(port)) await pause(RETRY_MS);
    return performance.now() - startedAt;
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(REQUEST);
    const answer = new Uint8Array(64);
    await connection.read(answer);
    return new TextDecoder().decode(answer).startsWith("HTTP/1.1 200");
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

const REQUEST = new TextEncoder().encode(
  "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
);
