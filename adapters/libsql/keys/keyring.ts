import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { DataKey, Encryption, WrappedDataKey } from "../../crypto/envelope_encryption.ts";
import { blob, idBytes, text, uuid } from "../connection/row.ts";
import type { Row } from "../connection/database.ts";

/** The columns of the table `data_keys AS d` under names that no other table has, for {@link readWrappedDataKey}. */
export const DATA_KEY_COLUMNS =
  "d.id AS data_key_id, d.master_key_id AS data_key_master, d.wrapped AS data_key_wrapped";

/** Selects the data keys of a service, as {@link readWrappedDataKey} reads them. */
export function selectDataKeys(serviceId: ServiceId): InStatement {
  return {
    sql: `SELECT ${DATA_KEY_COLUMNS} FROM data_keys AS d WHERE d.service_id = ?`,
    args: [idBytes(serviceId)],
  };
}

/** Reads {@link DATA_KEY_COLUMNS} of a row: a data key, still encrypted under a master key. @throws when a column is missing */
export function readWrappedDataKey(row: Row): WrappedDataKey {
  return {
    id: uuid(row, "data_key_id"),
    masterKeyId: text(row, "data_key_master"),
    wrapped: blob(row, "data_key_wrapped"),
  };
}

/**
 * The data key that encrypted a row. The row must have {@link DATA_KEY_COLUMNS}.
 *
 * @throws when the key's master key is not configured
 */
export function dataKeyOf(
  encryption: Encryption,
  serviceId: ServiceId,
  row: Row,
): Promise<DataKey> {
  return encryption.dataKey(serviceId, readWrappedDataKey(row));
}

/**
 * The data keys of a service by their ids: cached ones, and those that `readRows` reads. An id that neither has is
 * missing in the result.
 *
 * @param ids the keys that are needed
 * @param readRows reads the rows of {@link selectDataKeys}; called only when a key is not cached
 */
export async function dataKeysOf(
  encryption: Encryption,
  serviceId: ServiceId,
  ids: ReadonlySet<string>,
  readRows: () => Promise<readonly Row[]>,
): Promise<ReadonlyMap<string, DataKey>> {
  const keys = new Map<string, DataKey>();
  for (const id of ids) {
    const cached = encryption.cachedDataKey(serviceId, id);
    if (cached !== undefined) keys.set(id, cached);
  }
  if (keys.size === ids.size) return keys;
  const wrapped = (await readRows()).map(readWrappedDataKey);
  for (const row of wrapped.filter(({ id }) => ids.has(id) && !keys.has(id))) {
    keys.set(row.id, await encryption.dataKey(serviceId, row));
  }
  return keys;
}
