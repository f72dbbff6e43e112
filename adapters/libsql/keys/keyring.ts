import type { ServiceId } from "../../../domain/ids.ts";
import type { DataKey, Encryption, WrappedDataKey } from "../../crypto/envelope_encryption.ts";
import { blob, text } from "../connection/row.ts";
import type { Row } from "../connection/database.ts";

/** The columns of `data_keys` under names that no other table has. */
export const DATA_KEY_COLUMNS =
  "d.id AS data_key_id, d.master_key_id AS data_key_master, d.wrapped AS data_key_wrapped";

/** Reads {@link DATA_KEY_COLUMNS}. */
export function readWrappedDataKey(row: Row): WrappedDataKey {
  return {
    id: text(row, "data_key_id"),
    masterKeyId: text(row, "data_key_master"),
    wrapped: blob(row, "data_key_wrapped"),
  };
}

/** The data key that encrypted a row which is joined with `data_keys`. */
export function dataKeyOf(
  encryption: Encryption,
  serviceId: ServiceId,
  row: Row,
): Promise<DataKey> {
  return encryption.dataKey(serviceId, readWrappedDataKey(row));
}
