import { SignJWT } from "jose";
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
import { extend } from "./extend.ts";
import { serveInProcess, serveOnLoopback, type TestFetch, type TestServer } from "./http.ts";
import { reachApplication, unreachableParts } from "./remote_application.ts";
import { reachRegistry } from "./remote_registry.ts";
import { RUNNER } from "./runner.ts";
import { issueToken, makeKeys, type TestKeys, toJwks } from "./tokens.ts";

/** The operator's token of every application under test. */
export const ADMIN_TOKEN = "operator-token-for-tests";
export { MASTER_KEY };

/** A service under test, with a key of each kind as the management API showed it. */
export interface TestService {
  readonly id: string;
  readonly keys: Readonly<Record<"live" | "team" | "test", string>>;
}

/** An application under test, called in this process without a socket unless `HARK_RUNNER` names another runner. */
export interface TestApplication extends Application {
  readonly config: Config;
  /** Its database. Where {@link isShared}, it holds the rows of other tests too. */
  readonly db: Database;
  /** Whether other tests use the application too: never in process. */
  readonly isShared: boolean;
  /** The ids of the services that {@link newService} created. */
  readonly services: readonly string[];
  /** What the sandbox got, the newest first: for {@link services} only where {@link isShared}. */
  sent(): Promise<readonly MailboxEntry[]>;
  readonly mailbox: Mailbox;
  /** What it has logged, without the times: of other tests' requests too where {@link isShared}. */
  log(): Promise<readonly LogEntry[]>;
  readonly logged: readonly LogEntry[];
  /** Calls the application: `fetch` with a path in place of an address. */
  readonly request: TestFetch;
  /** Serves it on a socket, for tests of sockets. Disposing waits for open responses. */
  listen(): TestSocketServer;
  /** Calls the management API; the body is sent as JSON. */
  manage(method: string, path: string, body?: unknown): Promise<Response>;
  /** Calls as the holder of a key; an object body is sent as JSON, a string as it is. */
  as(
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: HeadersInit,
  ): Promise<Response>;
  /** Creates a live service; settings are those of the management API. */
  newService(settings?: Readonly<Record<string, unknown>>): Promise<TestService>;
  /** Creates a template and returns its id. */
  newTemplate(serviceId: string, template?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Calls as the recipient with this id, with a new access token for each call; the registry API must be on. */
  citizen(id: string, claims?: Readonly<Record<string, unknown>>): CitizenCall;
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

/** Calls with the access token of one recipient; an object body is sent as JSON, a string as it is. */
export type CitizenCall = (
  method: string,
  path: string,
  body?: unknown,
  headers?: HeadersInit,
) => Promise<Response>;

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
  /** Whether no other test may use the application, which one without an environment may share in other runners. */
  readonly alone?: boolean;
}

let keys: Promise<TestKeys> | undefined;

/** The default keys that sign access tokens; created once for a file of tests. */
export function registryKeys(): Promise<TestKeys> {
  return keys ??= makeKeys("ES256", "tests");
}

/** Issues a bearer token as the official clients do. */
export async function issueRequestToken(
  key: string,
  iat = Math.floor(Date.now() / 1000),
): Promise<string> {
  return await new SignJWT({}).setProtectedHeader({ typ: "JWT", alg: "HS256" })
    .setIssuer(key.slice(-73, -37)).setIssuedAt(iat)
    .sign(new TextEncoder().encode(key.slice(-36)));
}

/**
 * Builds an application on real libSQL, with sandboxes for providers unless the environment names others. Where
 * `HARK_RUNNER` names another runner, the application is that of another process, and a test that looks inside it throws:
 * such a test is made by `test.inside`.
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
  const hark = await createApplication(config, db, {
    log: (entry) => logged.push(entry),
    ...options,
    // The application makes the clock that can be moved.
    ...(options.movableClock === undefined ? { clock } : {}),
    loadDevPages: () => import("../../routes/dev/app.tsx"),
    ...(options.withoutMailbox === true ? {} : { mailbox }),
  });
  const server = serveInProcess(hark.app, undefined, { remoteAddress: options.remoteAddress });
  const request = server.fetch;
  async function settle(): Promise<void> {
    await server.idle();
    const { signal } = new AbortController();
    await hark.backgroundWork.runJobs(signal);
    await (await hark.backgroundWork.dispatch(signal)).ended;
  }
  async function close(): Promise<void> {
    await server.idle();
    if (options.db === undefined) db.close();
  }

  return {
    ...hark,
    config,
    db,
    isShared: false,
    mailbox,
    sent: () => Promise.resolve(mailbox.list()),
    log: () => Promise.resolve(logged),
    logged,
    request,
    listen: () => serveOnLoopback(hark.app),
    ...createCalls(request, accessKeys, clock.now),
    async putMessage(recipientId, message = {}) {
      if (hark.registry === undefined) throw new Error("the registry API is off");
      const { serviceId, inboxes, inboxEvents } = hark.registry;
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
    registryServiceId: hark.registry?.serviceId ?? "",
    settle,
    runCallbacks: () => hark.backgroundWork.runCallbacks(new AbortController().signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The messages of these services. */
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

type Calls = Pick<
  TestApplication,
  "manage" | "as" | "newService" | "newTemplate" | "citizen" | "services"
>;

/** The calls of an application that anybody can make who reaches it by HTTP. */
function createCalls(
  request: TestFetch,
  accessKeys: TestKeys | undefined,
  now: () => number,
): Calls {
  const toBody = (body: unknown) =>
    body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const manage = (method: string, path: string, body?: unknown) =>
    request(path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...toBody(body),
    });
  const readCreated = async (response: Response) => {
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return await response.json();
  };
  const services: string[] = [];
  return {
    services,
    manage,
    async as(key, method, path, body, headers) {
      const authorization = `Bearer ${await issueRequestToken(key)}`;
      return await request(path, {
        method,
        headers: { authorization, ...Object.fromEntries(new Headers(headers)) },
        ...toBody(body),
      });
    },
    async newService(settings = {}) {
      const service = await readCreated(
        await manage("POST", "/manage/services", {
          name: "Test service",
          mode: "live",
          ...settings,
        }),
      );
      services.push(service.id);
      const keyOf = async (kind: string) => {
        const path = `/manage/services/${service.id}/keys`;
        return (await readCreated(await manage("POST", path, { name: `${kind} key`, kind }))).key;
      };
      const [live, team, test] = [await keyOf("live"), await keyOf("team"), await keyOf("test")];
      return { id: service.id, keys: { live, team, test } };
    },
    async newTemplate(serviceId, template = { channel: "sms", name: "Text", body: "Hi ((name))" }) {
      const path = `/manage/services/${serviceId}/templates`;
      return (await readCreated(await manage("POST", path, template))).id;
    },
    citizen: (id, claims = {}) => async (method, path, body, headers) => {
      if (accessKeys === undefined) throw new Error("the registry API is off");
      const token = await issueToken(accessKeys, { sub: id, ...claims }, { now: now() });
      return await request(path, {
        method,
        headers: { "x-access-token": token, ...Object.fromEntries(new Headers(headers)) },
        ...toBody(body),
      });
    },
  };
}
