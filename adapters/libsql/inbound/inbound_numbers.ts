import type { ServiceId } from "../../../domain/ids.ts";
import { type InboundNumber, MAX_INBOUND_NUMBERS } from "../../../domain/inbound/received_text.ts";
import type { InboundStore } from "../../../domain/ports/inbound_store.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, idBytes, integer, rowsOf, uuid } from "../connection/row.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import type { LibsqlContexts } from "../services/contexts.ts";

const insertIf = (isHead: string) =>
  `INSERT INTO inbound_numbers (number_hash, service_id, id, data_key_id, sealed,
    created_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE (SELECT count(*) FROM inbound_numbers WHERE service_id = ?2) < ${MAX_INBOUND_NUMBERS}
    AND ${isHead}
  ON CONFLICT DO NOTHING RETURNING 1`;

const SELECT = `SELECT i.*, ${DATA_KEY_COLUMNS} FROM inbound_numbers AS i
  CROSS JOIN data_keys AS d ON d.service_id = i.service_id AND d.id = i.data_key_id
  WHERE i.service_id = ? ORDER BY i.id`;

/**
 * The text whose keyed hash, by the data key of the deployment, is stored for a telephone number of a service. The
 * hash finds the service of a received text.
 */
export function numberText(number: string): string {
  return `inbound number ${number}`;
}

function numberAad(serviceId: ServiceId, id: string): string {
  return `inbound-number ${serviceId} ${id}`;
}

/**
 * Creates the part of the store with the services' telephone numbers. A number belongs to one service of the
 * deployment: adding one that any service has returns `taken`.
 */
export function createNumberStore(
  { db, encryption, contexts, audit, deploymentKey }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly audit: AuditWriter;
    readonly deploymentKey: () => Promise<DataKey>;
  },
): Pick<InboundStore, "addNumber" | "listNumbers" | "deleteNumber"> {
  async function readNumber(row: Row): Promise<InboundNumber> {
    const serviceId = uuid(row, "service_id") as ServiceId;
    const id = uuid(row, "id");
    const key = await dataKeyOf(encryption, serviceId, row);
    const number = await key.decrypt(blob(row, "sealed"), numberAad(serviceId, id));
    return { id, number, createdAt: integer(row, "created_at") };
  }

  return {
    async addNumber(serviceId, { id, number }, now, entry) {
      const key = await contexts.currentDataKey(serviceId);
      const hash = await (await deploymentKey()).lookup(numberText(number));
      const sealed = await key.encrypt(number, numberAad(serviceId, id));
      const args = [hash, idBytes(serviceId), idBytes(id), idBytes(key.id), sealed, now];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: "SELECT 1 FROM inbound_numbers WHERE number_hash = ?", args: [hash] },
          { sql: insertIf(isHead), args },
        ],
      });
      if (rowsOf(results, 0).length > 0) return "taken";
      return rowsOf(results, 1).length === 0 ? "full" : { id, number, createdAt: now };
    },
    async listNumbers(serviceId) {
      const results = await db.read([{ sql: SELECT, args: [idBytes(serviceId)] }]);
      return await Promise.all(rowsOf(results, 0).map(readNumber));
    },
    async deleteNumber(serviceId, id, now, entry) {
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{
          sql:
            `DELETE FROM inbound_numbers WHERE service_id = ? AND id = ? AND ${isHead} RETURNING 1`,
          args: [idBytes(serviceId), idBytes(id)],
        }],
      });
      return rowsOf(results, 0).length === 1;
    },
  };
}
