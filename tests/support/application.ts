import { createClock } from "../../adapters/clock.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { idBytes, uuid } from "../../adapters/libsql/connection/row.ts";
import { migrateEmpty } from "./migrated.ts";
import { createMailbox } from "../../adapters/providers/sandbox/mailbox.ts";
import type { ProviderDefinition } from "../../adapters/providers/shared/provider_definition.ts";
import { type Config, readConfig } from "../../runtime/config.ts";
import type { NotificationId } from "../../domain/ids.ts";
import type { NewInboxMessage } from "../../domain/inbox/inbox_message.ts";
import type { Mailbox, MailboxEntry } from "../../domain/ports/mailbox.ts";
import { type Application, createApplication } from "../../runtime/application.ts";
import type { RuntimeOptions } from "../../runtime/runtime_options.ts";
import type { LogEntry } from "../../domain/ports/log.ts";
import { MASTER_KEY } from "../fixtures/master_key.ts";
import { ADMIN_TOKEN, type ApplicationCalls, createCalls } from "./application_calls.ts";
import { extend } from "./extend.ts";
import { serveInProcess, serveOnLoopback, type TestFetch, type TestServer } from "./http.ts";
import { reachApplication, unreachableParts } from "./remote_application.ts";
import { reachRegistry } from "./remote_registry.ts";
import { RUNNER } from "./runner.ts";
import { makeKeys, type TestKeys, toJwks } from "./tokens.ts";

export {
  ADMIN_TOKEN,
  type CitizenCall,
  issueRequestToken,
  type TestService,
} from "./application_calls.ts";
export { MASTER_KEY };

/**
 * An application under test. It is called in this process without a socket, unless `HARK_RUNNER` names another runner: then
 * it runs in another process, where `isShared`, `db`, `request`, `listen`, `sent`, `log`, `settle`, `runCallbacks`, `close`
 * and the calls of {@link ApplicationCalls} work, and with the registry API its two parts.
 */
export interface TestApplication extends Application, ApplicationCalls {
  readonly config: Config;
  /** Its database, with the rows of other tests too where {@link isShared}. */
  readonly db: Database;
  /** Whether other tests use the application too: never in process. */
  readonly isShared: boolean;
  /** Returns what the sandbox got, the newest first; only that of {@link services} where {@link isShared}. */
  sent(): Promise<readonly MailboxEntry[]>;
  /** In process only, as {@link logged}: {@link sent} and {@link log} work in every runner. */
  readonly mailbox: Mailbox;
  /** Returns its log without the times, with the lines of other tests' requests too where {@link isShared}. */
  log(): Promise<readonly LogEntry[]>;
  readonly logged: readonly LogEntry[];
  /** Calls the application: `fetch` with a path in place of an address. */
  readonly request: TestFetch;
  /** Serves it on a socket, for tests of sockets. Disposing waits for open responses. */
  listen(): TestSocketServer;
  /** Writes a message to a recipient's inbox, as the inbox provider does, and returns its id. */
  putMessage(recipientId: string, message?: Partial<NewInboxMessage>): Promise<NotificationId>;
  /** The service that the registry API's templates and inboxes belong to; empty when that API is off. */
  readonly registryServiceId: string;
  /** Waits until the work after responses has ended, and nothing is due any more. */
  settle(): Promise<void>;
  /** Sends the callbacks that are due. */
  runCallbacks(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An application on a socket. */
export type TestSocketServer = Pick<TestServer, "origin" | "fetch"> & AsyncDisposable;

/** Options of an application under test. */
export interface TestApplicationOptions extends RuntimeOptions {
  /** Further variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The table of providers; defaults to the product's. */
  readonly providers?: readonly ProviderDefinition[];
  /** An open database with the current schema, which the caller closes; defaults to one in memory. */
  readonly db?: Database;
  /** Turns the registry API on; access tokens are signed with these keys, or with {@link registryKeys}. */
  readonly registry?: true | TestKeys;
  /** The address that calls come from; unknown by default. */
  readonly remoteAddress?: string;
  /** Leaves out the mailbox and the simulation of Diia, as in production. */
  readonly withoutMailbox?: boolean;
  /**
   * Whether no other test may use the application. Without it, tests of other runners that set no variables, registry or
   * clock share one.
   */
  readonly alone?: boolean;
}

let keys: Promise<TestKeys> | undefined;

/** The default keys that sign access tokens; created once for a file of tests. */
export function registryKeys(): Promise<TestKeys> {
  return keys ??= makeKeys("ES256", "tests");
}

/**
 * Starts an application on real libSQL, with sandboxes for providers unless the environment names others. In another runner
 * than `process` it is a server's, and each part that only its own process has throws: a test that needs one is registered
 * by `test.inside`.
 */
export async function startTestApplication(
  options: TestApplicationOptions = {},
): Promise<TestApplication> {
  const accessKeys = options.registry === true ? await registryKeys() : options.registry;
  const environment = {
    ...(accessKeys === undefined ? {} : { ACCESS_TOKEN_JWKS: toJwks(accessKeys) }),
    ...options.environment,
  };
  if (RUNNER !== "process") {
    const remote = await reachApplication(options, environment);
    const clock = options.clock ?? createClock();
    const calls = createCalls(remote.request, accessKeys, clock.now);
    const { isShared, db } = remote;
    const registry = await reachRegistry({ ...calls, settle: remote.settle }, environment);
    return extend(unreachableParts(), {
      ...remote,
      ...calls,
      ...registry,
      clock,
      sent: async () =>
        isShared ? await ofServices(db, calls.services, await remote.sent()) : await remote.sent(),
      [Symbol.asyncDispose]: remote.close,
    });
  }
  const config = readConfig(
    { DATABASE_URL: "file:unused", MASTER_KEY, ADMIN_TOKEN, ...environment },
    "development",
    options.providers,
  );
  const db = options.db ?? await openDatabase({ url: ":memory:" });
  if (options.db === undefined) await migrateEmpty(db, Date.now());
  const mailbox = options.mailbox ?? createMailbox();
  const logged: LogEntry[] = [];
  const clock = options.clock ?? createClock();
  const application = await createApplication(config, db, {
    log: (entry) => logged.push(entry),
    ...options,
    // The application makes the clock that can be moved.
    ...(options.movableClock === undefined ? { clock } : {}),
    loadDevPages: () => import("../../routes/dev/app.tsx"),
    ...(options.withoutMailbox === true ? {} : { mailbox }),
  });
  const server = serveInProcess(application.app, undefined, {
    remoteAddress: options.remoteAddress,
  });
  const request = server.fetch;
  async function settle(): Promise<void> {
    await server.idle();
    const { signal } = new AbortController();
    await application.backgroundWork.runJobs(signal);
    await (await application.backgroundWork.dispatch(signal)).ended;
  }
  async function close(): Promise<void> {
    await server.idle();
    if (options.db === undefined) db.close();
  }

  return {
    ...application,
    config,
    db,
    isShared: false,
    mailbox,
    sent: () => Promise.resolve(mailbox.list()),
    log: () => Promise.resolve(logged),
    logged,
    request,
    listen: () => serveOnLoopback(application.app),
    ...createCalls(request, accessKeys, clock.now),
    async putMessage(recipientId, message = {}) {
      if (application.registry === undefined) throw new Error("the registry API is off");
      const { serviceId, inboxes, inboxEvents } = application.registry;
      const id = message.id ?? clock.newNotificationId();
      const inbox = { serviceId, recipientId };
      await inboxes.put(inbox, {
        id,
        subject: "A book is due",
        body: "Bring it back",
        localised: {},
        ...message,
      });
      inboxEvents.publish(inbox);
      return id;
    },
    registryServiceId: application.registry?.serviceId ?? "",
    settle,
    runCallbacks: () => application.backgroundWork.runCallbacks(new AbortController().signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Returns the messages of these services. */
async function ofServices(
  db: Database,
  services: readonly string[],
  sent: readonly MailboxEntry[],
): Promise<readonly MailboxEntry[]> {
  const marks = services.map(() => "?").join(", ");
  const sql = `SELECT id FROM notifications WHERE service_id IN (${marks})`;
  const [found] = await db.read([{ sql, args: services.map(idBytes) }]);
  const ids = new Set(found?.rows.map((row) => uuid(row, "id")));
  return sent.filter(({ notification_id }) => ids.has(notification_id));
}
