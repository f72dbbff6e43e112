/**
 * Where the tests run that speak HTTP: in this process, against `start` on loopback, or against workerd. `HARK_RUNNER`
 * chooses; `deno task test:runners` sets it, and starts the servers that the tests ask it for.
 */
import type { LogEntry } from "../../domain/ports/log.ts";
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";

/** The names of the runners. */
export const RUNNERS = ["process", "start", "build", "worker"] as const;

/** One of {@link RUNNERS}. */
export type Runner = typeof RUNNERS[number];

function readRunner(): Runner {
  const name = Deno.env.get("HARK_RUNNER") ?? "process";
  const runner = RUNNERS.find((each) => each === name);
  if (runner === undefined) throw new Error(`HARK_RUNNER must be one of ${RUNNERS.join(", ")}`);
  return runner;
}

/** The runner of this run. */
export const RUNNER = readRunner();

/** Makes tests that do not run everywhere. */
export const test = {
  /**
   * Is `Deno.test` for a test that cannot run elsewhere: it looks inside the application, puts something there, or needs no
   * server. Such a test runs in process only.
   */
  inside(name: string, fn: (context: Deno.TestContext) => void | Promise<void>): void {
    Deno.test({ name, ignore: RUNNER !== "process", fn });
  },
} as const;

/** Refuses what only the process of an application has. @throws always */
export function refuseToLook(): never {
  throw new Error("the test looks inside the application: write test.inside in place of Deno.test");
}

/** A server of another process, which a test has to itself or shares with others. */
export interface RunnerServer {
  /** Its origin, without a trailing slash. */
  readonly url: string;
  /** Its database, a libSQL server. */
  readonly database: { readonly url: string; readonly authToken: string };
  /** Whether other tests use it too. */
  readonly isShared: boolean;
  /** What its sandbox got, the newest first. */
  sent(): Promise<readonly MailboxEntry[]>;
  /** What it has logged. */
  log(): Promise<readonly LogEntry[]>;
  /** Sets its database's clock, in epoch milliseconds. */
  setTime(now: number): Promise<void>;
  /** Waits until nothing is due, and nothing is being sent. */
  settle(): Promise<void>;
  /** Waits until the callbacks that are due have been sent. */
  runCallbacks(): Promise<void>;
  close(): Promise<void>;
}

/** What a test wants of a server. Without any of these it shares one with other tests. */
export interface ServerOptions {
  /** Its further variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether no other test uses it. */
  readonly alone?: boolean | undefined;
  /** The time at which its database's clock stands until it is set, in epoch milliseconds. */
  readonly time?: number | undefined;
}

/** Asks the host of the runner for a server. */
export async function openServer(options: ServerOptions): Promise<RunnerServer> {
  const host = Deno.env.get("HARK_RUNNER_HOST");
  if (host === undefined) throw new Error("run it by `deno task test:runners`");
  const call = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${host}${path}`, { method, ...init });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the runner's host answered ${answer.status}: ${text}`);
    return text;
  };
  const { id, ...server } = JSON.parse(await call("POST", "/servers", options));
  return {
    ...server,
    sent: async () => JSON.parse(await call("GET", `/servers/${id}/sent`)),
    log: async () => JSON.parse(await call("GET", `/servers/${id}/log`)),
    setTime: async (now) => void await call("PUT", `/servers/${id}/time`, now),
    settle: async () => void await call("POST", `/servers/${id}/settle`),
    runCallbacks: async () => void await call("POST", `/servers/${id}/callbacks`),
    close: async () => void await call("DELETE", `/servers/${id}`),
  };
}
