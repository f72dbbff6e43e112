/** Observes a served process from outside: its answers to `/healthz`, its log, its memory. */
import { exchange } from "./raw_http.ts";
import { pause, type RunningProcess } from "./process.ts";

/** The longest that `GET /healthz` may take beside any other request, best of three, in milliseconds. */
export const MAX_STALL_MS = 250;

/** A probe that gets no answer within this time counts as this long. */
const PROBE_TIMEOUT_MS = 10_000;
/** The pause between two probes. */
const PROBE_INTERVAL_MS = 10;
const PROBE = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

/** Asks `/healthz` on a new connection. Returns the time to the answer in milliseconds; `Infinity` without a 200. */
export async function probe(port: number): Promise<number> {
  const startedAt = performance.now();
  const answer = await exchange([{ send: PROBE }], { port, timeoutMs: PROBE_TIMEOUT_MS })
    .catch(() => undefined);
  return answer?.status === 200 ? performance.now() - startedAt : Infinity;
}

/** Probes until the work ends. Returns the longest time of a probe. */
export async function probeDuring(port: number, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = work.finally(() => isOver = true);
  let longest = 0;
  do {
    await pause(PROBE_INTERVAL_MS);
    longest = Math.max(longest, await probe(port));
  } while (!isOver);
  await over;
  return longest;
}

/** Repeats work with probes beside it, at most three times. Returns the shortest of the longest times. */
export async function bestStall(port: number, work: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let attempt = 0; attempt < 3 && best > MAX_STALL_MS; attempt += 1) {
    best = Math.min(best, await probeDuring(port, work()));
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
  "dispatch-failed",
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
