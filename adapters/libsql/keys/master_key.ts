import type { InStatement } from "@libsql/client";
import type { EncryptedSecret, Encryption } from "../../crypto/envelope_encryption.ts";
import { secretAad } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import { DATA_KEY_COLUMNS, readWrappedDataKey } from "./keyring.ts";
import { blob, rowsOf, text } from "../connection/row.ts";

/** How many keys one step encrypts again. */
export const REENCRYPT_LIMIT = 200;

/** How many keys were encrypted again. */
export interface ReencryptedKeys {
  readonly dataKeys: number;
  readonly secrets: number;
}

/**
 * Encrypts every data key and API key again under the current master key, in bounded steps. Afterwards no row needs
 * another master key. It may run while an application with both master keys is serving, and may be run again after an
 * interruption.
 *
 * @throws when a key was encrypted under a master key that is not configured
 */
export async function reencryptKeys(
  db: Database,
  encryption: Encryption,
): Promise<ReencryptedKeys> {
  return {
    dataKeys: await reencryptAll(
      db,
      encryption,
      `SELECT d.service_id, ${DATA_KEY_COLUMNS}
      FROM data_keys AS d WHERE d.master_key_id <> ? LIMIT ?`,
      async (row) => {
        const before = readWrappedDataKey(row);
        const { masterKeyId, wrapped } = await encryption.rewrapDataKey(
          text(row, "service_id"),
          before,
        );
        return {
          sql: `UPDATE data_keys SET master_key_id = ?, wrapped = ?
          WHERE service_id = ? AND id = ? AND master_key_id = ?`,
          args: [masterKeyId, wrapped, text(row, "service_id"), before.id, before.masterKeyId],
        };
      },
    ),
    secrets: await reencryptAll(
      db,
      encryption,
      `SELECT service_id, id, master_key_id, secret
      FROM api_keys WHERE master_key_id <> ? LIMIT ?`,
      async (row) => {
        const [serviceId, id] = [text(row, "service_id"), text(row, "id")];
        const before: EncryptedSecret = {
          masterKeyId: text(row, "master_key_id"),
          bytes: blob(row, "secret"),
        };
        const after = await encryption.reencryptSecret(before, secretAad(serviceId, id));
        return {
          sql: `UPDATE api_keys SET master_key_id = ?, secret = ?
          WHERE service_id = ? AND id = ? AND master_key_id = ?`,
          args: [after.masterKeyId, after.bytes, serviceId, id, before.masterKeyId],
        };
      },
    ),
  };
}

async function reencryptAll(
  db: Database,
  encryption: Encryption,
  select: string,
  toUpdate: (row: Row) => Promise<InStatement>,
): Promise<number> {
  let count = 0;
  while (true) {
    const results = await db.read([{
      sql: select,
      args: [encryption.currentKeyId, REENCRYPT_LIMIT],
    }]);
    const rows = rowsOf(results, 0);
    if (rows.length === 0) return count;
    await db.write(await Promise.all(rows.map(toUpdate)));
    count += rows.length;
  }
}
