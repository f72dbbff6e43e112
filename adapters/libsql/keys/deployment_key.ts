/** The data key of the deployment: for keyed hashes of values by which a row is found before its service is known. */
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf } from "../connection/row.ts";
import { readWrappedDataKey, selectDataKeys } from "./keyring.ts";
import type { ServiceId } from "../../../domain/ids.ts";

/** The id under which the key stands among those of services; no service has it. */
export const DEPLOYMENT_ID = "00000000-0000-0000-0000-000000000000" as ServiceId;

/**
 * Returns a function that reads the deployment's key, and creates it when there is none. A process reads it once; of
 * several processes that create it at the same time, one does.
 */
export function createDeploymentKey(
  db: Pick<Database, "write" | "readPoint">,
  encryption: Encryption,
  clock: { now(): number },
): () => Promise<DataKey> {
  let key: DataKey | undefined;

  async function read(): Promise<DataKey | undefined> {
    const [row] = rowsOf(await db.readPoint([selectDataKeys(DEPLOYMENT_ID)]), 0);
    return row && await encryption.dataKey(DEPLOYMENT_ID, readWrappedDataKey(row));
  }

  async function create(): Promise<void> {
    const { id, masterKeyId, wrapped } = await encryption.newDataKey(DEPLOYMENT_ID);
    await db.write([{
      // Another process may have created it meanwhile.
      sql: `INSERT INTO data_keys (service_id, id, master_key_id, wrapped, created_at)
        SELECT ?1, ?2, ?3, ?4, ?5
        WHERE NOT EXISTS (SELECT 1 FROM data_keys WHERE service_id = ?1)`,
      args: [idBytes(DEPLOYMENT_ID), idBytes(id), masterKeyId, wrapped, clock.now()],
    }]);
  }

  return async () => {
    key ??= await read();
    if (key !== undefined) return key;
    await create();
    key = await read();
    if (key === undefined) throw new Error("the deployment's data key was not created");
    return key;
  };
}
