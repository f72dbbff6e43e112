import { createClock } from "../../adapters/clock.ts";
import { createEncryption } from "../../adapters/crypto/envelope_encryption.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { requireSchema } from "../../adapters/libsql/schema/schema_version.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { openAccountStores } from "../accounts.ts";
import type { Config } from "../config.ts";
import { requireMasterKeys } from "../master_key_check.ts";
import { openPreparedDatabase } from "../open_database.ts";

/** The stores of accounts, for a command beside a server. */
export type CommandStores = ReturnType<typeof openAccountStores> & {
  readonly db: Database;
  readonly clock: Clock;
};

/**
 * Opens the stores of accounts.
 *
 * @throws ConfigError when the database cannot be opened, or a master key of it is not configured
 * @throws SchemaError when the database does not have this code's schema
 */
export async function openCommandStores(config: Config): Promise<CommandStores> {
  const db = await openPreparedDatabase(config.database, requireSchema);
  await requireMasterKeys(db, config);
  const clock = createClock(Date.now, db.time);
  const encryption = await createEncryption(config.masterKeys);
  return { ...openAccountStores({ db, encryption, clock, forget: () => {} }), db, clock };
}
