import { SignJWT } from "jose";
import { createClock } from "../../adapters/clock.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { createMailbox } from "../../adapters/providers/sandbox/mailbox.ts";
import { type Config, readConfig } from "../../runtime/config.ts";
import type { NotificationId } from "../../domain/ids.ts";
import type { NewInboxMessage } from "../../domain/inbox/inbox_message.ts";
import type { Mailbox } from "../../domain/ports/mailbox.ts";
import { compose, type Hark } from "../../runtime/application.ts";
import type { RuntimeOptions } from "../../runtime/runtime_options.ts";
import type { LogEntry } from "../../domain/ports/log.ts";
import { issueToken, makeKeys, type TestKeys, toJwks } from "./tokens.ts";

/** The operator's token of every Hark under test. */
export const ADMIN_TOKEN = "operator-token-for-tests";
/** The master key of every Hark under test. */
export const MASTER_KEY = btoa(String.fromCharCode(...new Uint8Array(32).fill(7)));

/** A service under test, with a key of each kind as the management API showed it. */
export interface TestService {
  readonly id: string;
  readonly keys: Readonly<Record<"live" | "team" | "test", string>>;
}

/** A whole Hark in this process, called without a socket. */
export interface TestHark extends Hark {
  readonly config: Config;
  readonly db: Database;
  readonly mailbox: Mailbox;
  readonly logged: readonly LogEntry[];
  /** Calls the application. */
  request(path: string, init?: RequestInit): Promise<Response>;
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
  /** Makes a live service; settings as the management API takes them. */
  newService(settings?: Readonly<Record<string, unknown>>): Promise<TestService>;
  /** Makes a template and gives its id. */
  newTemplate(serviceId: string, template?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Calls as whoever has the id, with a token that is minted for each call; the registries' surfaces must be on. */
  citizen(id: string, claims?: Readonly<Record<string, unknown>>): CitizenCall;
  /** Puts a message into a person's inbox, as the inbox provider does, and gives its id. */
  putMessage(recipientId: string, message?: Partial<NewInboxMessage>): Promise<NotificationId>;
  /** The service that the registries' templates and inboxes belong to; empty where the surfaces are off. */
  readonly registryServiceId: string;
  /** Waits until all that goes on after answers has ended, and nothing is due any more. */
  settle(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Calls with the token of one person; an object body is sent as JSON, a string as it is. */
export type CitizenCall = (
  method: string,
  path: string,
  body?: unknown,
  headers?: HeadersInit,
) => Promise<Response>;

/** What a Hark under test may be given. */
export interface TestHarkOptions extends RuntimeOptions {
  /** Further variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** An open database at the current schema, which the caller closes; one in memory when absent. */
  readonly db?: Database;
  /** WriteScheduler the registries' surfaces on; tokens are signed by these keys, or by {@link registryKeys}. */
  readonly registry?: true | TestKeys;
  /** Leaves the mailbox out, and with it what plays at being Diia, as in production. */
  readonly withoutMailbox?: boolean;
}

let keys: Promise<TestKeys> | undefined;

/** The keys that sign the tokens of every test that says nothing else; made once. */
export function registryKeys(): Promise<TestKeys> {
  return keys ??= makeKeys("ES256", "tests");
}

/** Mints a token as the official clients do. */
export async function mintToken(key: string, iat = Math.floor(Date.now() / 1000)): Promise<string> {
  return await new SignJWT({}).setProtectedHeader({ typ: "JWT", alg: "HS256" })
    .setIssuer(key.slice(-73, -37)).setIssuedAt(iat)
    .sign(new TextEncoder().encode(key.slice(-36)));
}

/** Puts a Hark together on real libSQL, with sandboxes for providers unless the environment names others. */
export async function startHark(options: TestHarkOptions = {}): Promise<TestHark> {
  const accessKeys = options.registry === true ? await registryKeys() : options.registry;
  const config = readConfig({
    DATABASE_URL: "file:unused",
    MASTER_KEY,
    ADMIN_TOKEN,
    ...(accessKeys === undefined ? {} : { ACCESS_TOKEN_JWKS: toJwks(accessKeys) }),
    ...options.environment,
  }, "development");
  const db = options.db ?? await openDatabase({ url: ":memory:" });
  if (options.db === undefined) await migrate(db, Date.now());
  const mailbox = options.mailbox ?? createMailbox();
  const logged: LogEntry[] = [];
  const clock = options.clock ?? createClock();
  const hark = await compose(config, db, {
    log: (entry) => logged.push(entry),
    ...options,
    clock,
    ...(options.withoutMailbox === true ? {} : { mailbox }),
  });
  const underWay = new Set<Promise<unknown>>();
  const context = {
    waitUntil(work: Promise<unknown>) {
      const tracked = work.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
    passThroughOnException() {},
    props: {},
  };

  const request = async (path: string, init?: RequestInit) =>
    await hark.app.fetch(new Request(`http://hark.test${path}`, init), {}, context);
  const toBody = (body: unknown) =>
    body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const manage = (method: string, path: string, body?: unknown) =>
    request(path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...toBody(body),
    });
  const made = async (response: Response) => {
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return await response.json();
  };
  async function settle(): Promise<void> {
    while (underWay.size > 0) await Promise.allSettled(underWay);
    const { signal } = new AbortController();
    await hark.tick.runJobs(signal);
    await (await hark.tick.dispatch(signal)).ended;
  }
  async function close(): Promise<void> {
    while (underWay.size > 0) await Promise.allSettled(underWay);
    if (options.db === undefined) db.close();
  }

  return {
    ...hark,
    config,
    db,
    mailbox,
    logged,
    request,
    manage,
    async as(key, method, path, body, headers) {
      const authorization = `Bearer ${await mintToken(key)}`;
      return await request(path, {
        method,
        headers: { authorization, ...Object.fromEntries(new Headers(headers)) },
        ...toBody(body),
      });
    },
    async newService(settings = {}) {
      const service = await made(
        await manage("POST", "/manage/services", {
          name: "Test service",
          mode: "live",
          ...settings,
        }),
      );
      const keyOf = async (kind: string) => {
        const path = `/manage/services/${service.id}/keys`;
        return (await made(await manage("POST", path, { name: `${kind} key`, kind }))).key;
      };
      const [live, team, test] = [await keyOf("live"), await keyOf("team"), await keyOf("test")];
      return { id: service.id, keys: { live, team, test } };
    },
    async newTemplate(serviceId, template = { channel: "sms", name: "Text", body: "Hi ((name))" }) {
      const path = `/manage/services/${serviceId}/templates`;
      return (await made(await manage("POST", path, template))).id;
    },
    citizen: (id, claims = {}) => async (method, path, body, headers) => {
      if (accessKeys === undefined) throw new Error("the registries' surfaces are off");
      const token = await issueToken(accessKeys, { sub: id, ...claims }, { now: clock.now() });
      return await request(path, {
        method,
        headers: { "x-access-token": token, ...Object.fromEntries(new Headers(headers)) },
        ...toBody(body),
      });
    },
    async putMessage(recipientId, message = {}) {
      if (hark.registry === undefined) throw new Error("the registries' surfaces are off");
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
    close,
    [Symbol.asyncDispose]: close,
  };
}
