import { createEncryption } from "../adapters/crypto/envelope_encryption.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { findMissingMasterKeys } from "../adapters/libsql/keys/master_key.ts";
import { adviceOnMasterKeys } from "../domain/ports/missing_master_key.ts";
import { type Config, ConfigError } from "./config.ts";

/**
 * Checks at the start that every master key is configured under which the database holds encrypted keys.
 *
 * @throws ConfigError when one is missing; the message says which and what to do
 */
export async function requireMasterKeys(
  db: Pick<Database, "read">,
  { masterKeys }: Pick<Config, "masterKeys">,
): Promise<void> {
  const missing = await findMissingMasterKeys(db, await createEncryption(masterKeys));
  if (missing.length === 0) return;
  throw new ConfigError(adviceOnMasterKeys(missing));
}
