/** The data keys in the form before migration 6. They encrypt values that were stored in clear until then. */
import { type DataKey, type Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, rowsOf, text } from "../connection/row.ts";
import { adviceOnMasterKeys, MissingMasterKey } from "../../../domain/ports/missing_master_key.ts";
import type { KeySource } from "./copy/table_copy.ts";
import { SchemaError } from "./schema_error.ts";

const COLUMNS = "d.service_id, d.id, d.master_key_id, d.wrapped";

/**
 * Checks that every data key can be decrypted with the configured master keys.
 *
 * @throws SchemaError that names the master keys that are missing, or a data key that is damaged
 */
export async function requireDataKeys(
  db: Pick<Database, "read">,
  encryption: Encryption,
): Promise<void> {
  const found = await db.read([`SELECT ${COLUMNS} FROM data_keys AS d`]);
  const missing = new Set<string>();
  for (const row of rowsOf(found, 0)) {
    try {
      await unwrap(row, encryption);
    } catch (error) {
      if (!(error instanceof MissingMasterKey)) throw toSchemaError(row, error);
      missing.add(text(row, "master_key_id"));
    }
  }
  if (missing.size > 0) throw new SchemaError(adviceOnMasterKeys([...missing]));
}

function toSchemaError(row: Row, cause: unknown): SchemaError {
  const [key, service] = [text(row, "id"), text(row, "service_id")];
  return new SchemaError(`data key ${key} of service ${service} cannot be decrypted`, { cause });
}

/**
 * SQL that selects the data keys that encrypt rows of a table, for {@link readDataKeys}.
 *
 * @param keys selects the rows, whose key begins with the service
 * @param dataKeyId SQL for the id of the data key of a row `o`
 */
export function selectDataKeys(table: string, keys: KeySource, dataKeyId: string): string {
  return `SELECT ${COLUMNS} FROM (
      SELECT DISTINCT o.service_id, ${dataKeyId} AS id
      FROM ${keys} AS k CROSS JOIN ${table} AS o ON o.service_id = k.k1 AND o.id = k.k2) AS u
    CROSS JOIN data_keys AS d ON d.service_id = u.service_id AND d.id = u.id`;
}

/** The unwrapped encryption keys of the rows that {@link selectDataKeys} selected. It reads nothing more. */
export interface DataKeys {
  /**
   * Returns a data key.
   *
   * @throws SchemaError when the database does not have it; `what` names the row in the message
   */
  get(serviceId: string, id: string, what: string): DataKey;
}

/** Decrypts the data keys in the result of {@link selectDataKeys}. */
export async function readDataKeys(
  rows: readonly Row[],
  encryption: Encryption,
): Promise<DataKeys> {
  const keys = new Map<string, DataKey>();
  for (const row of rows) {
    keys.set(`${text(row, "service_id")} ${text(row, "id")}`, await unwrap(row, encryption));
  }
  return {
    get(serviceId, id, what) {
      const key = keys.get(`${serviceId} ${id}`);
      if (key !== undefined) return key;
      throw new SchemaError(
        `${what} of service ${serviceId} is encrypted under data key ${id}, which the database ` +
          "does not have: restore that row of data_keys from a backup",
      );
    },
  };
}

async function unwrap(row: Row, encryption: Encryption): Promise<DataKey> {
  return await encryption.dataKey(text(row, "service_id"), {
    id: text(row, "id"),
    masterKeyId: text(row, "master_key_id"),
    wrapped: blob(row, "wrapped"),
  });
}
