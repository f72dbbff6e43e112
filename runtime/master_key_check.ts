import { createEncryption } from "../adapters/crypto/envelope_encryption.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { adviceOnMasterKeys, findMissingMasterKeys } from "../adapters/libsql/keys/master_key.ts";
import { type Config, ConfigError } from "./config.ts";

/**
 * Checks that the configured master keys decrypt what the database holds.
 *
 * @throws ConfigError when they do not
 */
export async function requireMasterKeys(
  db: Pick<Database, "read">,
  { masterKeys }: Pick<Config, "masterKeys">,
): Promise<void> {
  const missing = await findMissingMasterKeys(db, await createEncryption(masterKeys));
  if (missing.length === 0) return;
  throw new ConfigError(adviceOnMasterKeys(missing));
}
