import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import { openAuditWriter } from "../../adapters/libsql/accounts/audit_writer.ts";
import { OBJECT_URL } from "../../adapters/libsql/connection/config.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { findMissingMasterKeys } from "../../adapters/libsql/keys/master_key.ts";
import { createProviderStore } from "../../adapters/libsql/providers/provider_settings.ts";
import { createReadinessStore } from "../../adapters/libsql/readiness.ts";
import { requireSchema } from "../../adapters/libsql/schema/schema_version.ts";
import { MAX_SKEW_MS } from "../../application/clock_skew.ts";
import { adviceOnMasterKeys } from "../../domain/ports/missing_master_key.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { isExplained } from "../cannot_start.ts";
import type { Config } from "../config.ts";
import { closeDatabase, openPreparedDatabase } from "../open_database.ts";
import { databaseFile } from "../process/permissions.ts";
import type { ProviderConnections } from "../providers.ts";
import { findRemovedProviders } from "../removed_providers.ts";
import { type Finding, reportOn } from "./finding.ts";

const report = reportOn("database");
const sending = reportOn("sending");

/** A median answer slower than this, in milliseconds, is worth a warning: a message takes several calls. */
const SLOW_MS = 100;
/** How many reads are timed. */
const READS = 5;
/** Work that is due for longer than this, in seconds, is worth a warning: cron jobs run once a minute. */
const LATE_S = 120;

/**
 * Checks the database: that it answers, its schema, its time, its keys, and that what is due is being sent.
 *
 * @param migrate the command that creates the database, as the operator types it
 */
export async function checkDatabase(
  config: Config,
  providers: ProviderConnections["providers"],
  migrate: string,
): Promise<readonly Finding[]> {
  if (isInWorker(config)) {
    return [
      report.ok(
        "it is in the Worker's Durable Object, which no other program can open: /readyz says " +
          "whether it answers",
      ),
    ];
  }
  const path = databaseFile(config.database.url);
  // Opening it would create it.
  if (path !== undefined && !await exists(path)) {
    return [report.fault(`${path} does not exist: create it with "${migrate}"`)];
  }
  let db: Database;
  try {
    db = await openPreparedDatabase(config.database, requireSchema);
  } catch (error) {
    if (!isExplained(error)) throw error;
    return [report.fault(error.message)];
  }
  try {
    return [
      ...await checkTime(db),
      ...await checkKeys(db, config),
      ...await checkDueWork(db, config),
      ...(await listRemoved(db, config, providers)).map(reportOn("providers").warning),
    ];
  } catch (error) {
    if (!isExplained(error)) throw error;
    return [report.fault(`it answers no more: ${error.message}`)];
  } finally {
    await closeDatabase(db);
  }
}

/** Whether the database is a Durable Object's, so that the deployment is a Worker. */
export function isInWorker({ database }: Pick<Config, "database">): boolean {
  return database.url === OBJECT_URL;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function checkTime(db: Database): Promise<readonly Finding[]> {
  const times: number[] = [];
  for (let read = 0; read < READS; read++) {
    const since = performance.now();
    await db.read(["SELECT 1"]);
    times.push(performance.now() - since);
  }
  const medianMs = Math.ceil(times.toSorted((a, b) => a - b)[Math.floor(READS / 2)] ?? 0);
  await db.time.ready();
  const skewMs = db.time.skewMs();
  return [
    medianMs > SLOW_MS
      ? report.warning(
        `it answers in ${medianMs} ms: a request takes one to three calls, so run Hark nearer to it`,
      )
      : report.ok(`it has this version's schema, and answers in ${medianMs} ms`),
    ...(Math.abs(skewMs) <= MAX_SKEW_MS ? [] : [
      report.warning(
        `this machine's clock is ${skewMs} ms ahead of the database's (negative: behind): set ` +
          "both by NTP",
      ),
    ]),
  ];
}

async function checkKeys(db: Database, { masterKeys }: Config): Promise<readonly Finding[]> {
  const missing = await findMissingMasterKeys(db, await createEncryption(masterKeys));
  if (missing.length > 0) return [report.fault(adviceOnMasterKeys(missing))];
  return [report.ok("MASTER_KEY opens its keys")];
}

async function checkDueWork(
  db: Database,
  { readyMaxOldestDueS }: Config,
): Promise<readonly Finding[]> {
  const { oldestDueAt } = await createReadinessStore(db).readState([]);
  const lateS = Math.floor((db.time.now() - (oldestDueAt ?? Infinity)) / SECOND_MS);
  const text =
    `the oldest due message or list has waited for ${lateS} s: look whether a process, a ` +
    "cron job or a call of /internal/dispatch runs, and whether GET /manage/providers shows a " +
    "provider that fails or is paused";
  if (lateS > readyMaxOldestDueS) return [sending.fault(text)];
  return [lateS > LATE_S ? sending.warning(text) : sending.ok("nothing due waits for long")];
}

async function listRemoved(
  db: Database,
  { masterKeys }: Config,
  providers: ProviderConnections["providers"],
): Promise<readonly string[]> {
  const encryption = await createEncryption(masterKeys);
  const audit = openAuditWriter({ db, encryption, clock: Date });
  return await findRemovedProviders(createProviderStore(db, audit), providers);
}
