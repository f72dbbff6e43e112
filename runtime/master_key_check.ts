import { createEncryption } from "../adapters/crypto/envelope_encryption.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { findMissingMasterKeys } from "../adapters/libsql/keys/master_key.ts";
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
  throw new ConfigError(
    `MASTER_KEY does not decrypt the keys in the database (of master key ${missing.join(", ")}): ` +
      "set the key that the data was encrypted with, or after a rotation the earlier one as " +
      "MASTER_KEY_PREVIOUS. To see the name of a key: " +
      '"printf %s "$MASTER_KEY" | base64 -d | sha256sum | head -c 8"',
  );
}
