/** An application under test in another process: a test reaches it by HTTP, and looks at its database, mailbox and log. */
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { LogEntry } from "../../domain/ports/log.ts";
import type { MailboxEntry } from "../../domain/ports/mailbox.ts";
import type { TestApplication, TestApplicationOptions, TestSocketServer } from "./application.ts";
import type { TestFetch } from "./http.ts";
import { ALLOW_TEST_TOKENS, hasRegistry } from "./remote_registry.ts";
import { openServer, refuseToLook } from "./runner.ts";

/** The parts of {@link TestApplication} that an application in another process has. */
export interface RemoteApplication {
  readonly request: TestFetch;
  /** Its database. */
  readonly db: Database;
  /** Whether other tests use it too. */
  readonly isShared: boolean;
  listen(): TestSocketServer;
  sent(): Promise<readonly MailboxEntry[]>;
  log(): Promise<readonly LogEntry[]>;
  settle(): Promise<void>;
  runCallbacks(): Promise<void>;
  close(): Promise<void>;
}

/** The options that a server in another process can be started with, or does not need. */
const KNOWN: ReadonlySet<string> = new Set<keyof TestApplicationOptions>([
  "alone",
  // The server calls endpoints by itself.
  "callEndpoint",
  "clock",
  "environment",
  "registry",
  // No server in another process has a mailbox with pages.
  "withoutMailbox",
]);

/** Returns the parts that an application has in process only. Each throws when a test uses it. */
export function unreachableParts() {
  return {
    get app(): never {
      return refuseToLook();
    },
    get backgroundWork(): never {
      return refuseToLook();
    },
    get contexts(): never {
      return refuseToLook();
    },
    get loop(): never {
      return refuseToLook();
    },
    get management(): never {
      return refuseToLook();
    },
    get keyUses(): never {
      return refuseToLook();
    },
    get registry(): never {
      return refuseToLook();
    },
    get registryServiceId(): never {
      return refuseToLook();
    },
    get config(): never {
      return refuseToLook();
    },
    get mailbox(): never {
      return refuseToLook();
    },
    get logged(): never {
      return refuseToLook();
    },
    get loadWorkConsumer(): never {
      return refuseToLook();
    },
    checkProviders: refuseToLook,
    suggestTokens: refuseToLook,
    putMessage: refuseToLook,
  } satisfies Partial<Record<keyof TestApplication, unknown>>;
}

/** Returns an answer whose body is in memory, so that a test may leave it unread; a stream of events unchanged. */
async function readWhole(answer: Response): Promise<Response> {
  const { status, statusText, headers, body } = answer;
  if (body === null || headers.get("content-type")?.startsWith("text/event-stream")) return answer;
  const bytes = await answer.arrayBuffer();
  const isEmpty = [204, 205, 304].includes(status);
  return new Response(isEmpty ? null : bytes, { status, statusText, headers });
}

/** Whether a clock has the machine's time, as every server has without one. */
function isMachineTime(clock: Clock | undefined): boolean {
  return clock !== undefined && Math.abs(clock.now() - Date.now()) < 1_000;
}

/**
 * Opens an application in another process. Where the options have a clock, the clock of the server's database is set to
 * it before each request.
 *
 * @throws for an option that a server in another process cannot be started with
 */
export async function reachApplication(
  options: TestApplicationOptions,
  environment: Readonly<Record<string, string>>,
): Promise<RemoteApplication> {
  if (Object.keys(options).some((name) => !KNOWN.has(name))) refuseToLook();
  const time = isMachineTime(options.clock) ? undefined : options.clock?.now();
  const server = await openServer({
    environment: {
      ...(hasRegistry(environment) ? { ALLOW_INSECURE: ALLOW_TEST_TOKENS } : {}),
      ...environment,
    },
    alone: options.alone,
    time,
  });
  const db = await openDatabase(server.database);
  let known = time;
  async function tellTime(): Promise<void> {
    const now = known === undefined ? undefined : options.clock?.now();
    if (now === undefined || now === known) return;
    await server.setTime(now);
    known = now;
  }
  const call: TestFetch = async (input, init) => {
    await tellTime();
    const isPath = typeof input === "string" && input.startsWith("/");
    // In process, `request` does not follow redirects.
    return await fetch(isPath ? `${server.url}${input}` : input, { redirect: "manual", ...init });
  };
  return {
    request: async (input, init) => await readWhole(await call(input, init)),
    listen: () => ({
      origin: server.url,
      fetch: call,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    db,
    isShared: server.isShared,
    sent: server.sent,
    log: server.log,
    async settle() {
      await tellTime();
      await server.settle();
    },
    async runCallbacks() {
      await tellTime();
      await server.runCallbacks();
    },
    async close() {
      db.close();
      await server.close();
    },
  };
}
