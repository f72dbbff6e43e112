import type { InStatement } from "@libsql/client";
import type { EncryptedSecret, Encryption } from "../../crypto/envelope_encryption.ts";
import { secretAad } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import { DATA_KEY_COLUMNS, readWrappedDataKey } from "./keyring.ts";
import { blob, idBytes, rowsOf, text, uuid } from "../connection/row.ts";

/** How many keys one transaction encrypts again. */
export const REENCRYPT_LIMIT = 200;

/** How many data keys of services, and secrets of API keys, were encrypted again. */
export interface ReencryptedKeys {
  readonly dataKeys: number;
  readonly secrets: number;
}

/**
 * Encrypts every data key, and every API key's secret, again under the current master key, in bounded steps.
 * Afterwards no row needs another master key. It may run while an application with both master keys is serving, and
 * may be run again after an interruption.
 *
 * @throws when a key was encrypted under a master key that is not configured; the steps before stay
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
          uuid(row, "service_id"),
          before,
        );
        return {
          sql: `UPDATE data_keys SET master_key_id = ?, wrapped = ?
          WHERE service_id = ? AND id = ? AND master_key_id = ?`,
          args: [
            masterKeyId,
            wrapped,
            idBytes(uuid(row, "service_id")),
            idBytes(before.id),
            before.masterKeyId,
          ],
        };
      },
    ),
    secrets: await reencryptAll(
      db,
      encryption,
      `SELECT service_id, id, master_key_id, secret
      FROM api_keys WHERE master_key_id <> ? LIMIT ?`,
      async (row) => {
        const [serviceId, id] = [uuid(row, "service_id"), uuid(row, "id")];
        const before: EncryptedSecret = {
          masterKeyId: text(row, "master_key_id"),
          bytes: blob(row, "secret"),
        };
        const after = await encryption.reencryptSecret(before, secretAad(serviceId, id));
        return {
          sql: `UPDATE api_keys SET master_key_id = ?, secret = ?
          WHERE service_id = ? AND id = ? AND master_key_id = ?`,
          args: [
            after.masterKeyId,
            after.bytes,
            idBytes(serviceId),
            idBytes(id),
            before.masterKeyId,
          ],
        };
      },
    ),
  };
}

/**
 * Tries to decrypt one data key and one API key of each master key that has encrypted any.
 *
 * @returns the ids of the master keys whose sample cannot be decrypted: they are not configured, or the sample was changed
 */
export async function findMissingMasterKeys(
  db: Pick<Database, "read">,
  encryption: Encryption,
): Promise<readonly string[]> {
  const samples = await db.read([
    `SELECT d.service_id, ${DATA_KEY_COLUMNS} FROM data_keys AS d GROUP BY d.master_key_id`,
    "SELECT service_id, id, master_key_id, secret FROM api_keys GROUP BY master_key_id",
  ]);
  const opened = await Promise.all([
    ...rowsOf(samples, 0).map(async (row) => {
      const wrapped = readWrappedDataKey(row);
      const work = encryption.dataKey(uuid(row, "service_id"), wrapped);
      return { id: wrapped.masterKeyId, isOpened: await succeeds(work) };
    }),
    ...rowsOf(samples, 1).map(async (row) => {
      const id = text(row, "master_key_id");
      const aad = secretAad(uuid(row, "service_id"), uuid(row, "id"));
      const secret = { masterKeyId: id, bytes: blob(row, "secret") };
      return { id, isOpened: await succeeds(encryption.decryptSecret(secret, aad)) };
    }),
  ]);
  return [...new Set(opened.flatMap(({ id, isOpened }) => isOpened ? [] : [id]))];
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
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
