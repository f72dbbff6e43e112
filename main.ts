/** The composition root: environment, adapters, application. The one file that knows the runtime. */
import { createDiskBlobs } from "./adapters/blobs/disk.ts";
import { createR2Blobs, isR2Bucket } from "./adapters/blobs/r2.ts";
import { createCode } from "./adapters/crypto/code.ts";
import { createVault } from "./adapters/crypto/vault.ts";
import { createClock } from "./adapters/clock.ts";
import { createInboxBell } from "./adapters/inbox_bell.ts";
import { createAcceptStore } from "./adapters/libsql/accept.ts";
import { createContexts } from "./adapters/libsql/contexts.ts";
import { type Database, openDatabase } from "./adapters/libsql/database.ts";
import { openRegistryService } from "./adapters/libsql/deployment.ts";
import { createDocumentRetention } from "./adapters/libsql/document_retention.ts";
import { createDocumentStore } from "./adapters/libsql/documents.ts";
import { createInboxStore } from "./adapters/libsql/inbox.ts";
import { createJobQueue } from "./adapters/libsql/job_queue.ts";
import { createJobStore } from "./adapters/libsql/jobs.ts";
import { createManagementStore } from "./adapters/libsql/management.ts";
import { migrate, requireSchema, SchemaError } from "./adapters/libsql/migrations.ts";
import { createNotificationStore } from "./adapters/libsql/notifications.ts";
import { createOutbox } from "./adapters/libsql/outbox.ts";
import { createPersonStore } from "./adapters/libsql/persons.ts";
import { createReceiptStore } from "./adapters/libsql/receipts.ts";
import { createRegistryTemplateStore } from "./adapters/libsql/registry_templates.ts";
import { resealKeys } from "./adapters/libsql/master_key.ts";
import { createRetention } from "./adapters/libsql/retention.ts";
import { createUnsubscribeStore } from "./adapters/libsql/unsubscribes.ts";
import { createInboxProvider } from "./adapters/providers/inbox.ts";
import { createMailbox } from "./adapters/providers/mailbox.ts";
import { createDiia } from "./adapters/providers/diia.ts";
import { createPostmark } from "./adapters/providers/postmark.ts";
import { createSandbox, sandboxTemplates } from "./adapters/providers/sandbox.ts";
import { createTwilio } from "./adapters/providers/twilio.ts";
import { createAccessTokens } from "./adapters/tokens/access_tokens.ts";
import { readSheet } from "./adapters/sheets/read_sheet.ts";
import { type Config, ConfigError, readConfig, VARIABLES, warningsOf } from "./config.ts";
import {
  furnish,
  type Furniture,
  messageCommand,
  mintDemoAccessToken,
  readFurniture,
  textCommand,
  welcome,
} from "./development.ts";
import type { DiiaTemplates } from "./domain/diia_template.ts";
import type { Mailbox } from "./domain/mailbox.ts";
import type { AccessTokens } from "./domain/access_tokens.ts";
import type { BlobStore } from "./domain/files/ports.ts";
import type { Clock } from "./domain/ports.ts";
import type { ManagementStore } from "./domain/management_ports.ts";
import type { Provider } from "./domain/provider.ts";
import type { ReceiptReader } from "./domain/receipt_reader.ts";
import type { SenderDefaults } from "./domain/sender.ts";
import { createApp, type RegistryPorts } from "./routes/app.ts";
import type { InboxDemo } from "./routes/inbox_element/app.tsx";
import { createDispatcher } from "./routes/dispatch/dispatcher.ts";
import { createKick, createTick, runCron, runLoop, type Tick } from "./routes/dispatch/loop.ts";
import { createJobRunner } from "./routes/jobs/runner.ts";
import type { Log } from "./routes/log.ts";

/** How long work that is under way may take to end when the process is told to stop. */
const DRAIN_MS = 20_000;

/** A Hark that is put together and not yet served. */
export interface Hark {
  readonly app: ReturnType<typeof createApp>;
  readonly tick: Tick;
  readonly management: ManagementStore;
  /** The service of the registries' surfaces, and its inboxes; `undefined` where there are none. */
  readonly registry:
    | Pick<RegistryPorts, "serviceId" | "inboxes" | "bell" | "templates">
    | undefined;
}

/** What of the world a Hark is given; tests give their own. */
export interface World {
  readonly clock?: Clock;
  readonly log?: Log;
  /** The way to the providers. */
  readonly fetch?: typeof fetch;
  /** What the sandboxes put in; its pages are served when it is there. */
  readonly mailbox?: Mailbox;
  /** Where files that are sent by e-mail are kept; the folder of the configuration, if it names one. */
  readonly blobs?: BlobStore | undefined;
  /** Whether no request may wait for what another has begun to fetch, as on Workers. */
  readonly fetchPerCall?: boolean;
  /** Ends what would otherwise stay open: streams. On Workers none may be shared between requests. */
  readonly stopping?: AbortSignal;
  /** A demo citizen's inbox, in development. */
  readonly demo?: InboxDemo | undefined;
  /** Gives commands that send a first message, for the mailbox's page; `root` ends in a slash. */
  readonly firstSteps?: ((root: string) => string) | undefined;
}

const writeLog: Log = (entry) =>
  console.log(JSON.stringify({ at: new Date().toISOString(), ...entry }));

/** Puts a Hark together over an open database that is at this code's schema. */
export async function compose(config: Config, db: Database, world: World = {}): Promise<Hark> {
  const { clock = createClock(), log = writeLog, mailbox } = world;
  const vault = await createVault(config.masterKeys);
  const contexts = createContexts(db, vault);
  const management = createManagementStore({ db, vault, contexts });
  const receipts = createReceiptStore(db, clock);
  const blobs = world.blobs ?? await openFolder(config.filesDir);
  const accepts = createAcceptStore({ db, vault, contexts, clock });
  const unsubscribes = createUnsubscribeStore({ db, vault, contexts, clock });
  const defaults: SenderDefaults = {
    // A messaging service of Twilio's has no name to show; it chooses a sender by itself.
    smsSender: config.sms.provider === "twilio" && !config.sms.from.startsWith("MG")
      ? config.sms.from
      : "HARK",
    emailDomain: config.emailDomain,
  };
  const { email, sms, diia, receiptReaders } = connectProviders(config, clock, world);
  const tokens = openTokens(config.registry, world);
  const registry: RegistryPorts | undefined = tokens && {
    tokens,
    inboxes: createInboxStore({ db, vault, contexts, clock }),
    bell: createInboxBell(),
    serviceId: await openRegistryService(
      { db, management, newId: clock.newId, now: clock.now() },
      config.registry.serviceId,
    ),
    persons: createPersonStore({ db, vault, contexts, clock }),
    templates: createRegistryTemplateStore(db, contexts),
    diia: diia?.templates,
    newCode: createCode,
    templateRole: config.registry.templateRole,
    senderRole: config.registry.senderRole,
    demo: world.demo,
    stopping: world.stopping,
  };
  const dispatcher = createDispatcher({
    clock,
    outbox: createOutbox({ db, vault, clock }),
    receipts,
    contexts,
    templates: management,
    providers: {
      email,
      sms,
      ...(diia && { diia: diia.provider }),
      ...(registry && { inbox: createInboxProvider(registry.inboxes, registry.bell) }),
    },
    simulators: {
      email: createSandbox("email", clock),
      sms: createSandbox("sms", clock),
      inbox: createSandbox("inbox", clock),
      diia: createSandbox("diia", clock),
    },
    log,
    publicUrl: config.publicUrl,
  });
  const retention = createRetention(db, blobs && createDocumentRetention(db, blobs));
  const jobs = createJobRunner({
    clock,
    queue: createJobQueue({ db, vault, clock }),
    contexts,
    templates: management,
    accepts,
    unsubscribes,
    defaults,
    hasInbox: (serviceId) => serviceId === registry?.serviceId,
  });
  const tick = createTick({ dispatcher, jobs, receipts, retention, clock });
  const app = createApp({
    clock,
    log,
    contexts,
    accepts,
    notifications: createNotificationStore(db, vault, clock),
    receipts,
    management,
    jobs: createJobStore({ db, vault, contexts }),
    readSheet,
    documents: blobs && createDocumentStore({ db, vault, contexts, blobs }),
    unsubscribes,
    registry,
    dispatcher,
    dispatch: createKick(tick, log),
    receiptReaders,
    defaults,
    adminToken: config.adminToken,
    publicUrl: config.publicUrlIsSet ? config.publicUrl : undefined,
    mailbox,
    firstSteps: world.firstSteps,
  });
  return { app, tick, management, registry };
}

/** @throws ConfigError when the folder cannot be written to */
async function openFolder(folder: string | undefined): Promise<BlobStore | undefined> {
  if (folder === undefined) return undefined;
  try {
    return await createDiskBlobs(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`FILES_DIR cannot be written to: ${reason}`, { cause });
  }
}

/** Makes what verifies access tokens, where there are keys to do it with. */
function openTokens(
  { keys, issuers, audiences }: Config["registry"],
  { fetch: send = fetch, fetchPerCall = false }: World,
): AccessTokens | undefined {
  return keys && createAccessTokens(
    { keys, issuers, audiences },
    { fetch: (input, init) => send(input, init), fetchPerCall },
  );
}

function connectProviders(
  config: Config,
  { now, newId }: Clock,
  { mailbox, fetch: send = fetch }: World,
): {
  readonly email: Provider;
  readonly sms: Provider;
  /** With where its templates are published; `undefined` where the deployment is no partner of Diia's. */
  readonly diia: { readonly provider: Provider; readonly templates: DiiaTemplates } | undefined;
  readonly receiptReaders: Readonly<Record<string, ReceiptReader>>;
} {
  // Called as a function of nothing: on Workers `fetch` may not be called as a method of another object.
  const ways = { fetch: (input: Request | URL | string, init?: RequestInit) => send(input, init) };
  const sandbox = { now, newId, ...(mailbox === undefined ? {} : { mailbox }) };
  const postmark = config.email.provider === "postmark"
    ? createPostmark(config.email, ways)
    : undefined;
  const twilio = config.sms.provider === "twilio"
    ? createTwilio({ ...config.sms, publicUrl: config.publicUrl }, ways)
    : undefined;
  const diia = config.diia.provider === "diia"
    ? createDiia(config.diia, { ...ways, now })
    : undefined;
  return {
    email: postmark ?? createSandbox("email", sandbox),
    sms: twilio ?? createSandbox("sms", sandbox),
    diia: diia !== undefined
      ? { provider: diia, templates: diia }
      : mailbox && { provider: createSandbox("diia", sandbox), templates: sandboxTemplates(newId) },
    receiptReaders: {
      ...(postmark === undefined ? {} : { postmark }),
      ...(twilio === undefined ? {} : { twilio }),
    },
  };
}

/**
 * The way to the providers on Deno: a connection for each request. On a connection that was used before, Deno sends
 * a POST a second time when the first was not answered, and tells nobody: a message could go out twice unmarked.
 */
function createProviderFetch(): typeof fetch {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return (input, init) => fetch(input, { ...init, client });
}

/**
 * Opens the database and makes sure of its schema.
 *
 * @throws ConfigError when it cannot be reached
 */
async function openReady(
  config: Config["database"],
  ready: (db: Database) => Promise<unknown>,
): Promise<Database> {
  try {
    const db = await openDatabase(config);
    await ready(db);
    return db;
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`DATABASE_URL cannot be opened: ${reason}`, { cause });
  }
}

/** Serves until told to stop; then takes no more, and ends what is under way. */
async function serve(
  config: Config,
  db: Database,
  hark: Hark,
  stopping: AbortController,
  onListening: (port: number) => void,
): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  const context = {
    waitUntil(work: Promise<unknown>) {
      const tracked = work.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
    passThroughOnException() {},
    props: {},
  };
  const server = listen(
    config.port,
    onListening,
    (request) => hark.app.fetch(request, {}, context),
  );
  const loop = runLoop(hark.tick, { clock: createClock(), log: writeLog, signal: stopping.signal });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stopping.abort());
  }
  await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
  writeLog({ event: "stopping", under_way: underWay.size });
  const timer = setTimeout(() => Deno.exit(1), DRAIN_MS);
  await server.shutdown();
  await loop;
  while (underWay.size > 0) await Promise.allSettled(underWay);
  clearTimeout(timer);
  db.close();
  writeLog({ event: "stopped" });
  Deno.exit(0);
}

function listen(
  port: number,
  onListening: (port: number) => void,
  handler: Deno.ServeHandler,
): Deno.HttpServer {
  try {
    return Deno.serve({ port, onListen: (address) => onListening(address.port) }, handler);
  } catch (cause) {
    const why = cause instanceof Deno.errors.AddrInUse
      ? "is in use: stop what listens there"
      : cause instanceof Deno.errors.PermissionDenied
      ? "may not be listened on by this user: ports below 1024 are for root"
      : undefined;
    if (why === undefined) throw cause;
    throw new ConfigError(`PORT ${port} ${why}, or set another`, { cause });
  }
}

async function runDevelopment(): Promise<void> {
  const furniture = await readFurniture(Deno.env.toObject());
  const config = readConfig(furniture.environment, "development");
  const db = await openReady(config.database, (db) => migrate(db, Date.now()));
  const mailbox = createMailbox();
  const stopping = new AbortController();
  const hasDemoTokens = await mintDemoAccessToken(furniture, "citizen") !== undefined;
  const hark = await compose(config, db, {
    mailbox,
    fetch: createProviderFetch(),
    stopping: stopping.signal,
    demo: hasDemoTokens
      ? {
        token: async () => await mintDemoAccessToken(furniture, "citizen") ?? "",
        firstSteps: messageCommand,
      }
      : undefined,
    firstSteps: (root) => textCommand(root, furnished.demo),
  });
  const furnished: Furniture = await furnish(furniture, hark.management, hark.registry);
  await serve(config, db, hark, stopping, (port) => console.log(welcome(furnished, config, port)));
}

async function runProduction(): Promise<void> {
  const config = readConfig(Deno.env.toObject(), "production");
  for (const warning of warningsOf(config)) writeLog({ event: "warning", warning });
  const db = await openReady(config.database, requireSchema);
  const stopping = new AbortController();
  const hark = await compose(config, db, {
    fetch: createProviderFetch(),
    stopping: stopping.signal,
  });
  await serve(config, db, hark, stopping, (port) => writeLog({ event: "listening", port }));
}

/** A schema has no secrets: migrating needs the database alone, and keeps nothing where it is run. */
const NO_SECRETS = { MASTER_KEY: btoa("\0".repeat(32)), ADMIN_TOKEN: "none-is-needed-here" };

/** Variables that migrating looks at: two master keys mean that one is to take over from the other. */
const MIGRATION_VARIABLES = [
  "DATABASE_URL",
  "DATABASE_AUTH_TOKEN",
  "MASTER_KEY",
  "MASTER_KEY_PREVIOUS",
];

async function runMigrations(): Promise<void> {
  const given = Object.entries(Deno.env.toObject()).filter(([name, value]) =>
    MIGRATION_VARIABLES.includes(name) && value !== ""
  );
  const environment = given.some(([name]) => name === "DATABASE_URL")
    ? { ...NO_SECRETS, ...Object.fromEntries(given) }
    : (await readFurniture(Deno.env.toObject())).environment;
  const { database, masterKeys } = readConfig(environment, "development");
  let applied: readonly string[] = [];
  const db = await openReady(database, async (db) => applied = await migrate(db, Date.now()));
  console.log(applied.length === 0 ? "nothing to migrate" : `migrated: ${applied.join(", ")}`);
  if (masterKeys.length > 1) {
    const { dataKeys, secrets } = await resealKeys(db, await createVault(masterKeys));
    console.log(`sealed anew under MASTER_KEY: ${dataKeys} data keys, ${secrets} API keys`);
  }
  db.close();
}

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  dev: runDevelopment,
  start: runProduction,
  migrate: runMigrations,
};

async function runCommand(name: string): Promise<void> {
  const command = COMMANDS[name];
  if (command === undefined) {
    console.error(`unknown command "${name}": ${Object.keys(COMMANDS).join(", ")}`);
    Deno.exit(2);
  }
  try {
    await command();
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SchemaError)) throw error;
    console.error(`Hark cannot start.\n${error.message}`);
    Deno.exit(1);
  }
}

/** What Workers pass beside the request. */
interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

type WorkerEnvironment = Readonly<Record<string, unknown>>;

function createWorker() {
  // One for each isolate; the environment of an isolate never changes.
  let hark: Hark | undefined;
  async function harkOf(env: WorkerEnvironment): Promise<Hark> {
    if (hark !== undefined) return hark;
    const given = Object.fromEntries(VARIABLES.map((name) => [name, env[name]]));
    const config = readConfig(given, "production");
    if (config.database.url.startsWith("file:")) {
      throw new ConfigError("DATABASE_URL must be http(s)://… or libsql://… on a Worker");
    }
    if (config.filesDir !== undefined) {
      throw new ConfigError("FILES_DIR is for Deno; on a Worker bind an R2 bucket as FILES");
    }
    const blobs = isR2Bucket(env.FILES) ? createR2Blobs(env.FILES) : undefined;
    const db = await openDatabase({ ...config.database, clientPerCall: true });
    return hark = await compose(config, db, { blobs, fetchPerCall: true });
  }
  return {
    async fetch(request: Request, env: WorkerEnvironment, context: WorkerContext) {
      try {
        return await (await harkOf(env)).app.fetch(request, {}, context);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        // The message names variables and never shows their values.
        writeLog({ event: "cannot-start", error: error.message });
        return new Response(`Hark cannot start.\n${error.message}\n`, { status: 503 });
      }
    },
    async scheduled(_event: unknown, env: WorkerEnvironment) {
      const { tick } = await harkOf(env);
      await runCron(tick, { log: writeLog, signal: AbortSignal.timeout(50_000) });
    },
  };
}

/** The handlers of a Worker; nothing under Deno, where a default export would be served a second time. */
export default typeof Deno === "undefined" ? createWorker() : undefined;

if (typeof Deno !== "undefined" && import.meta.main) await runCommand(Deno.args[0] ?? "start");
