/** The command `start`. */
import { requireSchema } from "../../adapters/libsql/schema/schema_version.ts";
import { ConfigError, readConfig, warningsOf } from "../config.ts";
import { writeLog } from "../log.ts";
import { openPreparedDatabase } from "../open_database.ts";
import { findProgramInData } from "../process/data_files.ts";
import type { Program } from "../process/program.ts";

/**
 * Serves with the environment's configuration, until a stop signal.
 *
 * @throws ConfigError when a variable is missing, wrong or insecure, the database cannot be opened, or the server
 *   cannot start
 * @throws SchemaError when the database does not have this code's schema
 */
export async function runProduction({ folder }: Program): Promise<void> {
  const config = readConfig(Deno.env.toObject(), "production");
  const problems = await findProgramInData(config.filesDir, folder);
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  for (const warning of warningsOf(config)) writeLog({ event: "warning", warning });
  // The database is opened by another thread while this one loads the rest.
  const [db, { serveProduction }] = await Promise.all([
    openPreparedDatabase(config.database, requireSchema),
    import("./serve_production.ts"),
  ]);
  await serveProduction(config, db);
}
