/** Command-line entry point, and the entry point of the Worker; `runtime/` builds the application. */
import { createEncryption } from "./adapters/crypto/envelope_encryption.ts";
import { reencryptKeys } from "./adapters/libsql/keys/master_key.ts";
import {
  migrate,
  MIGRATIONS,
  requireSchema,
  SchemaError,
} from "./adapters/libsql/schema/migrations.ts";
import { StoreUnavailable } from "./domain/ports/store_unavailable.ts";
import { createMailbox } from "./adapters/providers/sandbox/mailbox.ts";
import { createApplication } from "./runtime/application.ts";
import { ConfigError, readConfig, warningsOf } from "./runtime/config.ts";
import { lockDatabase } from "./runtime/database_lock.ts";
import { banner, messageCommand, textCommand } from "./runtime/development/banner.ts";
import { issueDemoAccessToken } from "./runtime/development/demo_tokens.ts";
import { loadDevelopmentEnvironment } from "./runtime/development/environment.ts";
import { type DevelopmentData, seedDevelopmentData } from "./runtime/development/seed_data.ts";
import { writeLog } from "./runtime/log.ts";
import { requireMasterKeys } from "./runtime/master_key_check.ts";
import { createProviderFetch } from "./runtime/provider_fetch.ts";
import { openPreparedDatabase, readProcessArguments, serve } from "./runtime/serve.ts";
import { hideNewFiles, warningsOfDataFiles } from "./runtime/process/data_files.ts";
import { createWorker } from "./runtime/worker.ts";

async function runDevelopment(): Promise<void> {
  const environment = await loadDevelopmentEnvironment(Deno.env.toObject());
  const config = readConfig(environment.environment, "development");
  const db = await openPreparedDatabase(config.database, (db) => migrate(db, Date.now()));
  const stopping = new AbortController();
  const hasDemoTokens = await issueDemoAccessToken(environment, "citizen") !== undefined;
  const application = await createApplication(config, db, {
    mailbox: createMailbox(),
    fetch: createProviderFetch(),
    stopping: stopping.signal,
    demo: hasDemoTokens
      ? {
        token: async () => await issueDemoAccessToken(environment, "citizen") ?? "",
        firstSteps: messageCommand,
      }
      : undefined,
    firstSteps: (root) => textCommand(root, data.demo),
  });
  const data: DevelopmentData = await seedDevelopmentData(
    environment,
    application.management,
    application.registry,
  );
  await serve(config, db, application, {
    stopping,
    onListening: (port) => console.log(banner(data, config, port)),
    process: readProcessArguments(Deno.args),
  });
}

async function runProduction(): Promise<void> {
  const config = readConfig(Deno.env.toObject(), "production");
  for (const warning of warningsOf(config)) writeLog({ event: "warning", warning });
  const db = await openPreparedDatabase(config.database, requireSchema);
  for (const warning of await warningsOfDataFiles(config.database.url)) {
    writeLog({ event: "warning", warning });
  }
  const lock = await lockDatabase(config.database);
  await requireMasterKeys(db, config);
  const stopping = new AbortController();
  const application = await createApplication(config, db, {
    fetch: createProviderFetch(),
    stopping: stopping.signal,
  });
  await serve(config, db, application, {
    stopping,
    onListening: (port) => writeLog({ event: "listening", port }),
    process: readProcessArguments(Deno.args),
  });
  lock?.release();
}

/** Stand-ins for required secrets: a migration needs the database alone, and writes no files where it runs. */
const NO_SECRETS = { MASTER_KEY: btoa("\0".repeat(32)), ADMIN_TOKEN: "none-is-needed-here" };

/** The variables that `migrate` reads; with two master keys it also re-encrypts the data keys under the newer one. */
const MIGRATION_VARIABLES = [
  "DATABASE_URL",
  "DATABASE_AUTH_TOKEN",
  "MASTER_KEY",
  "MASTER_KEY_PREVIOUS",
];

async function runMigrations(): Promise<void> {
  const variables = Object.entries(Deno.env.toObject()).filter(([name, value]) =>
    MIGRATION_VARIABLES.includes(name) && value !== ""
  );
  const namesDatabase = variables.some(([name]) => name === "DATABASE_URL");
  const environment = namesDatabase
    ? { ...NO_SECRETS, ...Object.fromEntries(variables) }
    : (await loadDevelopmentEnvironment(Deno.env.toObject())).environment;
  const { database, masterKeys } = readConfig(environment, "development");
  if (!namesDatabase) {
    console.log(`DATABASE_URL is not set: migrating the development database, ${database.url}`);
  }
  let applied: readonly string[] = [];
  const db = await openPreparedDatabase(
    database,
    async (db) => applied = await migrate(db, Date.now()),
  );
  console.log(applied.length === 0 ? "nothing to migrate" : `migrated: ${applied.join(", ")}`);
  if (applied.length === MIGRATIONS.length) {
    console.log("the database is new: if it should have held data, check DATABASE_URL");
  }
  if (masterKeys.length > 1) {
    const { dataKeys, secrets } = await reencryptKeys(db, await createEncryption(masterKeys));
    console.log(`re-encrypted under MASTER_KEY: ${dataKeys} data keys, ${secrets} API keys`);
  }
  await db.shutDown();
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
  hideNewFiles();
  try {
    await command();
  } catch (error) {
    const isExplained = error instanceof ConfigError || error instanceof SchemaError ||
      error instanceof StoreUnavailable;
    if (!isExplained) throw error;
    // For programs that read the log; the error output is for people.
    if (name === "start") writeLog({ event: "cannot-start", error: error.message });
    console.error(`Hark cannot start.\n${error.message}`);
    Deno.exit(1);
  }
}

// Undefined under Deno, where `deno serve` would serve a default export a second time.
export default typeof Deno === "undefined" ? createWorker() : undefined;

if (typeof Deno !== "undefined" && import.meta.main) await runCommand(Deno.args[0] ?? "start");
