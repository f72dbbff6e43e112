import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { findProgramInData } from "./process/data_files.ts";

/** As `findProgramInData`, for the folders of the configuration and for this program. */
export function findProgramInDataOf(
  { database, filesDir }: Pick<Config, "database" | "filesDir">,
): Promise<readonly string[]> {
  const places = { databaseUrl: database.url, filesDir };
  return findProgramInData(places, fileURLToPath(new URL("..", import.meta.url)));
}
