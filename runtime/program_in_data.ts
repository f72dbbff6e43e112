import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { findProgramInData } from "./process/data_files.ts";

/**
 * Returns a problem when `filesDir` (the folder of files that are sent by e-mail) contains this program: the process
 * may write all of that folder, and so could change the program. Empty otherwise.
 */
export function findProgramInDataOf(
  { filesDir }: Pick<Config, "filesDir">,
): Promise<readonly string[]> {
  return findProgramInData(filesDir, fileURLToPath(new URL("..", import.meta.url)));
}
