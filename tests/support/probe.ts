/** Observes a served process from outside: its answers to `/healthz`, its log, its memory. */
import { exchange } from "./raw_http.ts";
import { pause, type RunningProcess } from "./process.ts";

/** The longest that `GET /healthz` may take beside any other request, best of three, in milliseconds. */
export const MAX_STALL_MS = 250;

/** A probe that gets no answer within this time counts as this long. */
const PROBE_TIMEOUT_MS = 10_000;
/** The pause between two probes. */
const PROBE_INTERVAL_MS = 10;
/** The unit of processor time in `/proc`. */
const TICK_MS = 10;
const PROBE = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

/** A process that serves HTTP on loopback. */
export interface ProbedServer {
  readonly port: number;
  readonly pid: number;
}

/**
 * Asks `/healthz` on a new connection. Returns for how long the event loop held the answer up, in milliseconds: the time to
 * the answer, or the processor time of the process's main thread meanwhile if that is less, since other processes of a busy
 * machine delay an answer too. `Infinity` without a 200.
 */
export async function probe({ port, pid }: ProbedServer): Promise<number> {
  const startedAt = performance.now();
  const cpuBefore = mainThreadCpuMs(pid);
  const answer = await exchange([{ send: PROBE }], { port, timeoutMs: PROBE_TIMEOUT_MS })
    .catch(() => undefined);
  if (answer?.status !== 200) return Infinity;
  const ms = performance.now() - startedAt;
  return cpuBefore === undefined
    ? ms
    : Math.min(ms, (mainThreadCpuMs(pid) ?? Infinity) - cpuBefore);
}

/** Processor time of a process's main thread in milliseconds; `undefined` where there is no `/proc`. */
function mainThreadCpuMs(pid: number): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/stat`);
    const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
    return user === undefined || system === undefined ? undefined : (user + system) * TICK_MS;
  } catch {
    return undefined;
  }
}

/** Probes until the work ends. Returns the longest time of a probe. */
export async function probeDuring(server: ProbedServer, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = work.finally(() => isOver = true);
  let longest = 0;
  do {
    await pause(PROBE_INTERVAL_MS);
    longest = Math.max(longest, await probe(server));
  } while (!isOver);
  await over;
  return longest;
}

/** Repeats work with probes beside it, at most three times. Returns the shortest of the longest times. */
export async function bestStall(
  server: ProbedServer,
  work: () => Promise<unknown>,
): Promise<number> {
  let best = Infinity;
  for (let attempt = 0; attempt < 3 && best > MAX_STALL_MS; attempt += 1) {
    best = Math.min(best, await probeDuring(server, work()));
  }
  return best;
}

/** A line of the log that reports trouble. */
export interface LoggedTrouble {
  readonly event: string;
  readonly request_id?: string;
  readonly [field: string]: unknown;
}

/** Events that no request of a client may cause. */
const TROUBLE: ReadonlySet<unknown> = new Set([
  "error",
  "store-unavailable",
  "dispatch-failed",
  "upkeep-failed",
  "jobs-failed",
  "attempt-error",
  "stream-broken",
  "message-undecryptable",
]);

/** Reads the lines of trouble in the log since the last call. */
export type ReadTrouble = () => readonly LoggedTrouble[];

/** Creates a reader of a process's log. Output that is not JSON, and standard error, count as trouble. */
export function readTroubleOf(
  process: Pick<RunningProcess, "stderr" | "takeOutput">,
): ReadTrouble {
  let rest = "";
  let errorsRead = process.stderr.length;
  return () => {
    const lines = (rest + process.takeOutput()).split("\n");
    rest = lines.pop() ?? "";
    const troubles = lines.flatMap((line) => {
      const entry = parseEntry(line);
      return TROUBLE.has(entry.event) ? [entry] : [];
    });
    const printed = process.stderr.slice(errorsRead);
    errorsRead += printed.length;
    return printed === "" ? troubles : [...troubles, { event: "error", stderr: printed }];
  };
}

function parseEntry(line: string): LoggedTrouble {
  try {
    return JSON.parse(line);
  } catch {
    return { event: "error", line };
  }
}
