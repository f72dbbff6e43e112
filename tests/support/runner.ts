/**
 * Where the tests that speak HTTP run: in this process, against `start` on loopback, against the build, or against
 * workerd. `HARK_RUNNER` has the choice. `deno task test:runners` sets it, and starts the host (`tests/runners/host.ts`)
 * that tests ask for servers.
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

/** Registers tests that run in some runners only. */
export const test = {
  /**
   * Registers a test that runs in process only: one that looks inside the application, replaces a part of it, or needs no
   * server. For every other test use `Deno.test`.
   */
  inside(name: string, fn: (context: Deno.TestContext) => void | Promise<void>): void {
    Deno.test({ name, ignore: RUNNER !== "process", fn });
  },
} as const;

/** Refuses access to a part of an application that runs in another process. @throws always */
export function refuseToLook(): never {
  throw new Error(
    "the application runs in another process: look at it by request(), db, sent() or log(), or register the test " +
      "by test.inside in place of Deno.test",
  );
}

/** A server in another process, which a test shares with others or has to itself. */
export interface RunnerServer {
  /** Its origin, without a trailing slash. */
  readonly url: string;
  /** Its database, a libSQL server. */
  readonly database: { readonly url: string; readonly authToken: string };
  /** Whether other tests use the server too. */
  readonly isShared: boolean;
  /** What its sandbox got, the newest first. */
  sent(): Promise<readonly MailboxEntry[]>;
  /** What it has logged. */
  log(): Promise<readonly LogEntry[]>;
  /** Sets its database's clock, in epoch milliseconds. */
  setTime(now: number): Promise<void>;
  /** Waits until no work is due or under way. */
  settle(): Promise<void>;
  /** Waits until the callbacks that are due have been sent. */
  runCallbacks(): Promise<void>;
  close(): Promise<void>;
}

/** The server that a test asks for. Without variables, `alone` and `time` it is the one that tests share. */
export interface ServerOptions {
  /** Variables of the server, besides those of every server. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the test has the server to itself. */
  readonly alone?: boolean | undefined;
  /** The time, in epoch milliseconds, at which its database's clock stands until `setTime`; by default the clock runs. */
  readonly time?: number | undefined;
}

/** Asks the host of the runner for a server. */
export async function openServer(options: ServerOptions): Promise<RunnerServer> {
  const host = Deno.env.get("HARK_RUNNER_HOST");
  if (host === undefined) {
    throw new Error("HARK_RUNNER_HOST is not set: run `deno task test:runners`");
  }
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
