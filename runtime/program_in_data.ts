import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { findProgramInData } from "./process/data_files.ts";

/** As `findProgramInData`, for the folder of files of the configuration and for this program. */
export function findProgramInDataOf(
  { filesDir }: Pick<Config, "filesDir">,
): Promise<readonly string[]> {
  return findProgramInData(filesDir, fileURLToPath(new URL("..", import.meta.url)));
}
