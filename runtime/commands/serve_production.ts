/** What `start` does once its configuration is read and its database is open. */
import { createSocketCaller } from "../../adapters/callbacks/socket_caller.ts";
import { openSmtp } from "../../adapters/providers/smtp/open_smtp.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { createApplication } from "../application.ts";
import type { Config } from "../config.ts";
import { lockDatabase } from "../database_lock.ts";
import { writeLog } from "../log.ts";
import { requireMasterKeys } from "../master_key_check.ts";
import { warningsOfDataFiles } from "../process/data_files.ts";
import { createProviderFetch } from "../provider_fetch.ts";
import { readProcessArguments } from "../process/server_arguments.ts";
import { type DrainLimits, type RunBackground, serve } from "../serve.ts";

/** How a platform runs the process; each field has the default of a machine of its own. */
export interface Hosting {
  readonly drain?: DrainLimits;
  readonly runBackground?: RunBackground;
  /** Whether the process sends messages. */
  readonly sends?: boolean;
}

/**
 * Serves until a stop signal, then ends the process.
 *
 * @throws ConfigError when another process serves the database file, a master key is missing, `FILES_DIR` cannot be
 *   written to, or the address cannot be listened on
 */
export async function serveProduction(
  config: Config,
  db: Database,
  { sends = true, ...hosting }: Hosting = {},
): Promise<void> {
  for (const warning of await warningsOfDataFiles(config.database.url)) {
    writeLog({ event: "warning", warning });
  }
  const lock = await lockDatabase(config.database);
  await requireMasterKeys(db, config);
  const stopping = new AbortController();
  const cutOff = hosting.drain?.cutOffMs === undefined ? undefined : new AbortController();
  const application = await createApplication(config, db, {
    fetch: createProviderFetch(),
    callEndpoint: createSocketCaller({ allowance: config.callbackAllowance }),
    openSmtp,
    stopping: stopping.signal,
    sends,
    ...(cutOff === undefined ? {} : { cutOff: cutOff.signal }),
  });
  // The start does not wait for the providers, and does not depend on them.
  void application.checkProviders(stopping.signal);
  void application.suggestTokens();
  await serve(config, db, application, {
    ...hosting,
    ...(cutOff === undefined ? {} : { cutOff }),
    stopping,
    onListening: (port) => writeLog({ event: "listening", port }),
    process: readProcessArguments(Deno.args),
  });
  lock?.release();
}
