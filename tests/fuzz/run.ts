/** One fuzz run: sends valid and mutated requests to every route of a real process, and observes the process. */
import { residentMegabytes } from "../hostile/clients.ts";
import {
  bestStall,
  MAX_STALL_MS,
  probe,
  type ProbedServer,
  readTroubleOf,
} from "../support/probe.ts";
import { pause } from "../support/process.ts";
import { exchange, type RawAnswer } from "../support/raw_http.ts";
import { createChoices } from "./choices.ts";
import { type Failure, isForbiddenStatus } from "./failure.ts";
import type { RouteGenerator } from "./generator.ts";
import { harvest } from "./harvest.ts";
import { mutate } from "./mutate.ts";
import { type FuzzRequest, toSteps, waitsForAnswer } from "./request.ts";
import { shrink } from "./shrink.ts";
import type { Target } from "./target.ts";

/** The server that a run is sent to, and how it is observed. */
export interface FuzzedServer extends Pick<Target, "port" | "pid" | "ids"> {
  readonly process: Pick<Target["process"], "ended" | "stderr" | "takeOutput">;
}

/** Options of {@link runFuzz}. */
export interface FuzzOptions<T> {
  readonly seed: number;
  /** When to stop: after so many requests, or at a time of `performance.now()`. */
  readonly requests?: number;
  readonly until?: number;
  readonly routes: readonly RouteGenerator<T>[];
}

/** The outcome of a run. */
export interface FuzzReport {
  readonly requests: number;
  /** How many requests had each status; `none` for those without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Routes whose valid requests were never answered with a status below 400. */
  readonly neverAccepted: readonly string[];
  readonly failures: readonly Failure[];
  /** Resident memory before and after, in megabytes; absent where it cannot be read. */
  readonly memoryMb: { readonly before: number; readonly after: number } | undefined;
}

/** Requests in flight at the same time. */
const CONCURRENCY = 8;
/** Requests before memory is first measured: caches and compiled code are in place by then. */
const WARM_UP_REQUESTS = 300;
/** Valid requests to each route before the first mutated one. The first pass creates what the second one names. */
const VALID_PASSES = 2;
/** The share of requests that are mutated after that. */
const MUTATED_SHARE = 0.75;
/** Failures after which a run stops. */
const MAX_FAILURES = 10;
/** Suspected stalls that are repeated, the longest first. */
const MAX_SUSPECTS = 10;
const PROBE_EVERY_MS = 100;
/** The growth of resident memory that a run may leave: caches fill, and the collector keeps room. */
const MAX_GROWTH_RATIO = 1.2;
const MAX_GROWTH_MB = 96;
/** How long memory may take to come back. */
const MEMORY_TIMEOUT_MS = 30_000;
/** Finished requests that an error without a known request id may come from. */
const RECENT = 64;

type RouteName = Pick<RouteGenerator, "method" | "path">;

/** The kind of a failure: the server was silent until the client's time-out. */
const NO_ANSWER = "no answer";

interface Sent {
  readonly route: RouteName;
  readonly request: FuzzRequest;
  answer?: RawAnswer;
}

interface Suspect {
  readonly sent: Sent;
  readonly ms: number;
}

/** Runs until the limit, or until {@link MAX_FAILURES} failures, then repeats and shrinks the failing requests. */
export async function runFuzz<T extends FuzzedServer>(
  target: T,
  options: FuzzOptions<T>,
): Promise<FuzzReport> {
  const { pid, port, process } = target;
  const choices = createChoices(options.seed);
  const readTrouble = readTroubleOf(process);
  readTrouble();
  const statuses: Record<string, number> = {};
  const accepted = new Set<RouteName>();
  const failures: Failure[] = [];
  const suspects: Suspect[] = [];
  const inFlight = new Set<Sent>();
  const recent: Sent[] = [];
  let count = 0;
  let hasExited = false;
  process.ended.then(() => hasExited = true);

  const isOver = () =>
    hasExited || failures.length >= MAX_FAILURES ||
    count >= (options.requests ?? Infinity) ||
    performance.now() >= (options.until ?? Infinity);

  const fail = (failure: Failure) => {
    const isKnown = failures.some(({ kind, route }) =>
      kind === failure.kind && route === failure.route
    );
    if (!isKnown) failures.push(failure);
  };

  async function sendNext(): Promise<void> {
    const index = count;
    count += 1;
    const { routes } = options;
    const isValidPass = index < VALID_PASSES * routes.length;
    const route = isValidPass ? routes[index % routes.length] : choices.pick(routes);
    if (route === undefined) return;
    const isMutated = !isValidPass && choices.chance(MUTATED_SHARE);
    const valid = await route.make(choices, target);
    const sent: Sent = { route, request: isMutated ? mutate(valid, choices) : valid };
    inFlight.add(sent);
    const answer = await send(sent.request, port);
    inFlight.delete(sent);
    sent.answer = answer;
    recent.push(sent);
    if (recent.length > RECENT) recent.shift();
    const status = String(answer.status ?? "none");
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (!isMutated && (answer.status ?? 500) < 400) accepted.add(route);
    harvest(target.ids, route, answer);
    const kind = failureOf(sent, isMutated);
    if (kind !== undefined) fail(toFailure(kind, sent));
  }

  async function work(): Promise<void> {
    while (!isOver()) await sendNext();
  }

  function readLog(): void {
    for (const trouble of readTrouble()) {
      const byId = recent.find(({ answer }) =>
        answer?.headers.get("x-request-id") === trouble.request_id
      );
      const candidates = byId === undefined ? [...inFlight, ...recent] : [byId];
      const { at: _at, request_id: _id, ...facts } = trouble;
      fail({
        kind: `a line in the log: ${JSON.stringify(facts)}`,
        route: byId === undefined ? "unknown" : nameOf(byId.route),
        request: candidates.at(-1)?.request,
        status: byId?.answer?.status,
      });
    }
  }

  async function observe(): Promise<void> {
    while (!isOver()) {
      const beside = [...inFlight];
      const ms = await probe(target);
      if (ms > MAX_STALL_MS) { for (const sent of beside) suspects.push({ sent, ms }); }
      readLog();
      await pause(PROBE_EVERY_MS);
    }
  }

  const run = Promise.all([...Array.from({ length: CONCURRENCY }, work), observe()]);
  const before = await measureAfterWarmUp(() => count >= WARM_UP_REQUESTS || isOver(), pid);
  await run;
  await pause(PROBE_EVERY_MS);
  readLog();
  if (hasExited) {
    fail({
      kind: `the process ended: ${process.stderr.slice(-500)}`,
      route: "unknown",
      request: recent.at(-1)?.request,
      status: undefined,
    });
  } else {
    for (const failure of await confirmStalls(suspects, target)) fail(failure);
  }
  const memoryMb = hasExited ? undefined : await settleMemory(pid, before);
  if (memoryMb !== undefined && memoryMb.after > maxMemoryMb(memoryMb.before)) {
    fail({
      kind: `memory did not come back: ${memoryMb.before} MB before, ${memoryMb.after} MB after`,
      route: "all",
      request: undefined,
      status: undefined,
    });
  }
  return {
    requests: count,
    statuses,
    neverAccepted: options.routes
      .filter((route) => route.isRefused !== true && !accepted.has(route))
      .map(nameOf),
    failures: hasExited ? failures : await reduceAll(failures, port),
    memoryMb,
  };
}

function nameOf({ method, path }: RouteName): string {
  return `${method} ${path}`;
}

async function send(request: FuzzRequest, port: number): Promise<RawAnswer> {
  try {
    const { timeoutMs } = request;
    return await exchange(
      toSteps(request),
      timeoutMs === undefined ? { port } : { port, timeoutMs },
    );
  } catch {
    return { status: undefined, headers: new Map(), body: "", end: "closed" };
  }
}

/** The kind of failure that an answer shows; `undefined` for a proper answer. */
function failureOf({ request, answer }: Sent, isMutated: boolean): string | undefined {
  if (answer === undefined || !waitsForAnswer(request)) return undefined;
  if (isForbiddenStatus(answer)) return `status ${answer.status}`;
  if (answer.end === "timeout" && answer.status === undefined) return NO_ANSWER;
  return answer.status === undefined && !isMutated ? "closed without an answer" : undefined;
}

function toFailure(kind: string, { route, request, answer }: Sent): Failure {
  return { kind, route: nameOf(route), request, status: answer?.status };
}

async function confirmStalls(
  suspects: readonly Suspect[],
  server: ProbedServer,
): Promise<readonly Failure[]> {
  const longest = suspects.toSorted((a, b) => b.ms - a.ms).slice(0, MAX_SUSPECTS);
  const failures: Failure[] = [];
  for (const { sent } of longest) {
    const ms = await bestStall(server, () => send(sent.request, server.port));
    if (ms > MAX_STALL_MS) {
      failures.push(toFailure(`a stall of ${Math.round(ms)} ms`, sent));
    }
  }
  return failures;
}

/** Shrinks the requests of failures one after the other, and leaves out those that only a busy server caused. */
async function reduceAll(failures: readonly Failure[], port: number): Promise<readonly Failure[]> {
  const reduced: Failure[] = [];
  for (const failure of failures) {
    const { kind, request } = failure;
    const isAnswered = kind === NO_ANSWER && request !== undefined &&
      (await send(request, port)).status !== undefined;
    if (!isAnswered) reduced.push(await reduce(failure, port));
  }
  return reduced;
}

/** Shrinks the request of a failure that has a status which repeats. */
async function reduce(failure: Failure, port: number): Promise<Failure> {
  const { request, status } = failure;
  if (request === undefined || status === undefined || status < 500) return failure;
  const smallest = await shrink(
    request,
    async (candidate) => (await send(candidate, port)).status === status,
  );
  return { ...failure, request: smallest };
}

async function measureAfterWarmUp(isWarm: () => boolean, pid: number): Promise<number | undefined> {
  while (!isWarm()) await pause(PROBE_EVERY_MS);
  return await megabytesOf(pid);
}

/** Resident memory, rounded; `undefined` where there is no `/proc`. */
async function megabytesOf(pid: number): Promise<number | undefined> {
  return await residentMegabytes(pid).then(Math.round, () => undefined);
}

function maxMemoryMb(beforeMb: number): number {
  return beforeMb * MAX_GROWTH_RATIO + MAX_GROWTH_MB;
}

async function settleMemory(
  pid: number,
  before: number | undefined,
): Promise<FuzzReport["memoryMb"]> {
  if (before === undefined) return undefined;
  const giveUpAt = performance.now() + MEMORY_TIMEOUT_MS;
  for (;;) {
    const after = await megabytesOf(pid) ?? 0;
    if (after <= maxMemoryMb(before) || performance.now() > giveUpAt) return { before, after };
    await pause(500);
  }
}
