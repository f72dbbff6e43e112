/** The command `migrate`. */
import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import { reencryptKeys } from "../../adapters/libsql/keys/master_key.ts";
import { openAuditWriter } from "../../adapters/libsql/accounts/audit_writer.ts";
import { MIGRATION_TIMEOUTS } from "../../adapters/libsql/connection/config.ts";
import {
  migrate,
  type MigrationOptions,
  MIGRATIONS,
} from "../../adapters/libsql/schema/migrations.ts";
import { schemaVersion } from "../../adapters/libsql/schema/schema_version.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { createContexts } from "../../adapters/libsql/services/contexts.ts";
import { createManagementStore } from "../../adapters/libsql/services/management.ts";
import { openOwnService } from "../../application/accounts/own_service.ts";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { findLostFiles, isOnDenoDeploy } from "../deploy/platform.ts";
import { loadDevelopmentEnvironment } from "../development/environment.ts";
import { closeDatabase, openPreparedDatabase } from "../open_database.ts";
import { migrationOptions } from "./migration_options.ts";

/**
 * Stand-ins for required secrets: an empty database is migrated without them, and no files are written where it runs.
 */
const NO_SECRETS = { MASTER_KEY: btoa("\0".repeat(32)), ADMIN_TOKEN: "none-is-needed-here" };

/** The variables that `migrate` reads; with two master keys it also re-encrypts the data keys under the newer one. */
const MIGRATION_VARIABLES = [
  "DATABASE_URL",
  "DATABASE_AUTH_TOKEN",
  "MASTER_KEY",
  "MASTER_KEY_PREVIOUS",
];

/**
 * Brings the database of `DATABASE_URL`, by default that of development, to this code's schema, and prints what it did.
 * When `MASTER_KEY_PREVIOUS` is set, it also encrypts data keys and API keys again under `MASTER_KEY`.
 */
export async function runMigrations(): Promise<void> {
  const variables = Object.entries(Deno.env.toObject()).filter(([name, value]) =>
    MIGRATION_VARIABLES.includes(name) && value !== ""
  );
  const namesDatabase = variables.some(([name]) => name === "DATABASE_URL");
  if (isOnDenoDeploy()) requireRemoteDatabase(variables);
  const namesKey = variables.some(([name]) => name === "MASTER_KEY");
  const environment = namesDatabase
    ? { ...NO_SECRETS, ...Object.fromEntries(variables) }
    : (await loadDevelopmentEnvironment(Deno.env.toObject())).environment;
  const config = readConfig(environment, "development");
  const { database, masterKeys } = config;
  if (!namesDatabase) {
    console.log(`DATABASE_URL is not set: migrating the development database, ${database.url}`);
  }
  const db = await openPreparedDatabase(
    { ...database, timeouts: MIGRATION_TIMEOUTS },
    schemaVersion,
  );
  const options = namesKey || !namesDatabase ? await migrationOptions(config) : undefined;
  const applied = await applyMigrations(db, options);
  console.log(applied.length === 0 ? "nothing to migrate" : `migrated: ${applied.join(", ")}`);
  if (options !== undefined) await prepareOwnService(db, masterKeys);
  if (applied.length === MIGRATIONS.length) {
    console.log("the database is new: if it should have held data, check DATABASE_URL");
  }
  if (masterKeys.length > 1) {
    const { dataKeys, secrets } = await reencryptKeys(db, await createEncryption(masterKeys));
    console.log(`re-encrypted under MASTER_KEY: ${dataKeys} data keys, ${secrets} API keys`);
  }
  await closeDatabase(db);
}

/** @throws ConfigError when the database becomes unavailable: says that nothing is half done, and what to do */
async function applyMigrations(
  db: Database,
  options: MigrationOptions | undefined,
): Promise<readonly string[]> {
  try {
    return await migrate(db, Date.now(), options);
  } catch (cause) {
    if (!(cause instanceof StoreUnavailable)) throw cause;
    throw new ConfigError(
      `the database became unavailable during the migration: ${cause.message}. Each step was ` +
        "applied as a whole or not at all: run the migration again, which continues",
      { cause },
    );
  }
}

/**
 * On Deno Deploy a migration of a file, such as that of development, would seem to succeed.
 *
 * @throws ConfigError when the variables name no database server
 */
function requireRemoteDatabase(variables: readonly (readonly [string, string])[]): void {
  const { DATABASE_URL: url } = Object.fromEntries(variables);
  const problems = url === undefined
    ? [
      `DATABASE_URL is missing in the timeline ${
        Deno.env.get("DENO_TIMELINE") ?? "unknown"
      }: set ` +
      "it in Deno Deploy, for the contexts Production and Development",
    ]
    : findLostFiles({ database: { url, authToken: undefined }, filesDir: undefined });
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
}

/** Creates Hark's own service, by which the messages of accounts are sent, or brings its templates to this version. */
async function prepareOwnService(db: Database, masterKeys: Config["masterKeys"]): Promise<void> {
  const encryption = await createEncryption(masterKeys);
  const contexts = createContexts(db, encryption);
  const management = createManagementStore({
    db,
    encryption,
    contexts,
    audit: openAuditWriter({ db, encryption, clock: Date }),
  });
  const written = await openOwnService(management, Date.now());
  if (written > 0) console.log(`wrote ${written} templates of Hark's own service`);
}
