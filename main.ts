/** The commands, and the start of the program: knows the runtime. `wiring/` puts a Hark together. */
import { createClock } from "./adapters/clock.ts";
import { createEncryption } from "./adapters/crypto/envelope_encryption.ts";
import { type Database, openDatabase } from "./adapters/libsql/connection/database.ts";
import { reencryptKeys } from "./adapters/libsql/keys/master_key.ts";
import { migrate, requireSchema, SchemaError } from "./adapters/libsql/schema/migrations.ts";
import { createMailbox } from "./adapters/providers/sandbox/mailbox.ts";
import { type Config, ConfigError, readConfig, warningsOf } from "./runtime/config.ts";
import {
  type DevelopmentEnvironment,
  issueDemoAccessToken,
  loadDevelopmentEnvironment,
  messageCommand,
  seedDevelopmentData,
  textCommand,
  welcome,
} from "./runtime/development/development.ts";
import { runLoop } from "./application/worker_loop.ts";
import { compose, type Hark } from "./runtime/application.ts";
import { createWorker } from "./runtime/worker.ts";
import { writeLog } from "./runtime/runtime_options.ts";

/** How long work that is under way may take to end when the process is told to stop. */
const DRAIN_MS = 20_000;

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
  const furniture = await loadDevelopmentEnvironment(Deno.env.toObject());
  const config = readConfig(furniture.environment, "development");
  const db = await openReady(config.database, (db) => migrate(db, Date.now()));
  const mailbox = createMailbox();
  const stopping = new AbortController();
  const hasDemoTokens = await issueDemoAccessToken(furniture, "citizen") !== undefined;
  const hark = await compose(config, db, {
    mailbox,
    fetch: createProviderFetch(),
    stopping: stopping.signal,
    demo: hasDemoTokens
      ? {
        token: async () => await issueDemoAccessToken(furniture, "citizen") ?? "",
        firstSteps: messageCommand,
      }
      : undefined,
    firstSteps: (root) => textCommand(root, furnished.demo),
  });
  const furnished: DevelopmentEnvironment = await seedDevelopmentData(
    furniture,
    hark.management,
    hark.registry,
  );
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
    : (await loadDevelopmentEnvironment(Deno.env.toObject())).environment;
  const { database, masterKeys } = readConfig(environment, "development");
  let applied: readonly string[] = [];
  const db = await openReady(database, async (db) => applied = await migrate(db, Date.now()));
  console.log(applied.length === 0 ? "nothing to migrate" : `migrated: ${applied.join(", ")}`);
  if (masterKeys.length > 1) {
    const { dataKeys, secrets } = await reencryptKeys(db, await createEncryption(masterKeys));
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

/** The handlers of a Worker; nothing under Deno, where a default export would be served a second time. */
export default typeof Deno === "undefined" ? createWorker() : undefined;

if (typeof Deno !== "undefined" && import.meta.main) await runCommand(Deno.args[0] ?? "start");
