import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import type { MigrationOptions } from "../../adapters/libsql/schema/migrations.ts";
import type { Config } from "../config.ts";
import { databaseFile } from "../process/permissions.ts";

/** How often a migration says how far it is. */
const PROGRESS_MS = 5_000;

/**
 * Returns the options of a migration that has rows to convert: the encryption, the path of the database file, and a
 * function that prints progress on the standard output.
 */
export async function migrationOptions(
  { database: { url }, masterKeys }: Pick<Config, "database" | "masterKeys">,
): Promise<MigrationOptions> {
  let printedAt = performance.now();
  return {
    encryption: await createEncryption(masterKeys),
    path: databaseFile(url),
    onProgress({ step, rows }) {
      if (rows !== undefined && performance.now() - printedAt < PROGRESS_MS) return;
      printedAt = performance.now();
      console.log(rows === undefined ? step : `${step}: ${rows} rows`);
    },
  };
}
