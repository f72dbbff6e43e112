/** The command `dev`. */
import { createSocketCaller } from "../../adapters/callbacks/socket_caller.ts";
import { openSmtp } from "../../adapters/providers/smtp/open_smtp.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { createMailbox } from "../../adapters/providers/sandbox/mailbox.ts";
import { createApplication } from "../application.ts";
import { readConfig } from "../config.ts";
import { banner, messageCommand, textCommand } from "../development/banner.ts";
import { issueDemoAccessToken } from "../development/demo_tokens.ts";
import { openMovableClock } from "../development/movable_clock.ts";
import { loadDevelopmentEnvironment } from "../development/environment.ts";
import { type DevelopmentData, seedDevelopmentData } from "../development/seed_data.ts";
import { parseServiceId } from "../../domain/ids.ts";
import { openPreparedDatabase } from "../open_database.ts";
import { findProgramInData } from "../process/data_files.ts";
import type { Program } from "../process/program.ts";
import { migrationOptions } from "./migration_options.ts";
import { createProviderFetch } from "../provider_fetch.ts";
import { readProcessArguments } from "../process/server_arguments.ts";
import { serve } from "../serve.ts";

/**
 * Serves for development until a stop signal. It generates missing secrets into the folder `.data` of the working
 * directory, migrates the database, adds demo data and prints a banner.
 */
export async function runDevelopment({ folder, toShell }: Program): Promise<void> {
  const environment = await loadDevelopmentEnvironment(Deno.env.toObject());
  const config = readConfig(environment.environment, "development");
  const problems = await findProgramInData(config.filesDir, folder);
  for (const problem of problems) console.warn(`Warning: ${problem}`);
  const db = await openPreparedDatabase(
    config.database,
    async (db) => await migrate(db, Date.now(), await migrationOptions(config)),
  );
  // The clock of a database server is not this process's to move.
  const movableClock = config.database.url.startsWith("file:")
    ? await openMovableClock()
    : undefined;
  const stopping = new AbortController();
  const hasDemoTokens = await issueDemoAccessToken(environment, "citizen") !== undefined;
  const application = await createApplication(config, db, {
    mailbox: createMailbox(),
    fetch: createProviderFetch(),
    callEndpoint: createSocketCaller({ allowance: config.callbackAllowance }),
    openSmtp,
    stopping: stopping.signal,
    movableClock,
    demo: hasDemoTokens
      ? {
        token: async () => await issueDemoAccessToken(environment, "citizen") ?? "",
        firstSteps: (root) => messageCommand(root, toShell),
      }
      : undefined,
    loadDevPages: () => import("../../routes/dev/app.tsx"),
    firstSteps: (root) => textCommand(root, data.demo, toShell),
    demoServiceId: () => parseServiceId(data.demo.serviceId),
  });
  const data: DevelopmentData = await seedDevelopmentData(
    environment,
    application.management,
    application.registry,
  );
  await serve(config, db, application, {
    stopping,
    onListening: (port) =>
      console.log(banner(data, config, port, { aheadMs: movableClock?.aheadMs(), toShell })),
    process: readProcessArguments(Deno.args),
  });
}
