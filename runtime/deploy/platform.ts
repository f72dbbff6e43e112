/** What is different on Deno Deploy. */
import type { Config } from "../config.ts";

/** Variables that the platform sets, in builds too. */
const PLATFORM_VARIABLES = ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID"] as const;

/** Whether the process runs on Deno Deploy. */
export function isOnDenoDeploy(): boolean {
  return PLATFORM_VARIABLES.some((name) => (Deno.env.get(name) ?? "") !== "");
}

/**
 * Returns a line for each setting that names files or a database of another platform. The platform deletes the files of a
 * process when it stops the process, and other processes do not see them.
 */
export function findLostFiles(
  { database, filesDir }: Pick<Config, "database" | "filesDir">,
): readonly string[] {
  return [
    ...(!/^(?:https?|libsql):/.test(database.url)
      ? ["DATABASE_URL must be http(s)://… or libsql://… on Deno Deploy, which keeps no files"]
      : []),
    ...(filesDir === undefined
      ? []
      : ["FILES_DIR must not be set on Deno Deploy, which keeps no files"]),
  ];
}
