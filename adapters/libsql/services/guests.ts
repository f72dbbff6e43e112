import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf } from "../connection/row.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { type AuditedChange, guestsAad, readGuests } from "./service_rows.ts";

/** Creates the store of services' guest lists (the recipients that trial services and team keys may send to). */
export function createGuestStore(
  db: Database,
  encryption: Encryption,
  change: AuditedChange,
): Pick<ManagementStore, "getGuests" | "setGuests"> {
  return {
    async getGuests(serviceId) {
      const results = await db.read([selectGuests(serviceId)]);
      const [row] = rowsOf(results, 0);
      return row === undefined
        ? undefined
        : await readGuests(row, await dataKeyOf(encryption, serviceId, row));
    },
    async setGuests(serviceId, guests, now, audit) {
      const selected = await db.read([selectGuests(serviceId)]);
      const [row] = rowsOf(selected, 0);
      if (row === undefined) return false;
      const key = await dataKeyOf(encryption, serviceId, row);
      const encrypted = await key.encrypt(JSON.stringify(guests), guestsAad(serviceId));
      // Writes nothing when another data key has become the current one meanwhile.
      const results = await change(serviceId, now, audit, (isHead) => [{
        sql: `UPDATE services SET guests = ?
          WHERE id = ? AND data_key_id = ? AND ${isHead} RETURNING 1`,
        args: [encrypted, idBytes(serviceId), idBytes(key.id)],
      }]);
      return rowsOf(results, 0).length === 1;
    },
  };
}

/** Selects a service's guest list with the key that encrypted it. */
export function selectGuests(serviceId: ServiceId): InStatement {
  return {
    sql: `SELECT s.id, s.guests, ${DATA_KEY_COLUMNS} FROM services AS s
      JOIN data_keys AS d ON d.service_id = s.id AND d.id = s.data_key_id WHERE s.id = ?`,
    args: [idBytes(serviceId)],
  };
}
