import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import { type LibsqlContexts } from "./contexts.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf, toStored } from "../connection/row.ts";
import { createGuestStore } from "./guests.ts";
import { createKeyStore } from "./api_keys.ts";
import { createSenderStore } from "./senders.ts";
import { type ChangeService, raiseRevision, readService } from "./service_rows.ts";
import { createTemplateStore } from "../templates/templates.ts";

/** Creates the store of services and their keys, guests, senders and templates. Each change evicts the service from the cache. */
export function createManagementStore(
  { db, encryption, contexts }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
  },
): ManagementStore {
  const change: ChangeService = async (serviceId, now, statements) => {
    const results = await db.write([...statements, raiseRevision(serviceId, now)]);
    contexts.forget(serviceId);
    return results;
  };

  return {
    async createService({ id, name, mode, active, settings }, now) {
      const dataKey = await encryption.newDataKey(id);
      const results = await db.write([
        {
          sql: `INSERT INTO data_keys (service_id, id, master_key_id, wrapped, created_at)
            VALUES (?, ?, ?, ?, ?)`,
          args: [idBytes(id), idBytes(dataKey.id), dataKey.masterKeyId, dataKey.wrapped, now],
        },
        {
          sql: `INSERT INTO services (id, name, mode, active, revision, settings, data_key_id,
              created_at, updated_at)
            VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?) RETURNING *`,
          args: [
            idBytes(id),
            toStored(name),
            mode,
            active,
            JSON.stringify(settings),
            idBytes(dataKey.id),
            now,
            now,
          ],
        },
      ]);
      const [row] = rowsOf(results, 1);
      if (row === undefined) throw new Error("the service was not written");
      return readService(row);
    },
    async getService(id) {
      const results = await db.read([{
        sql: "SELECT * FROM services WHERE id = ?",
        args: [idBytes(id)],
      }]);
      return rowsOf(results, 0).map(readService)[0];
    },
    async listServices(after, limit) {
      const results = await db.read([{
        sql: "SELECT * FROM services WHERE id > ? ORDER BY id LIMIT ?",
        args: [idBytes(after ?? ""), limit],
      }]);
      return rowsOf(results, 0).map(readService);
    },
    async updateService(id, { name, mode, active, settings }, now) {
      const results = await change(id, now, [{
        sql: `UPDATE services SET name = coalesce(?, name), mode = coalesce(?, mode),
            active = coalesce(?, active), settings = json_patch(settings, ?) WHERE id = ?`,
        args: [
          name === undefined ? null : toStored(name),
          mode ?? null,
          active ?? null,
          // A merge patch: `null` removes a setting, so that its default applies again.
          JSON.stringify(settings ?? {}),
          idBytes(id),
        ],
      }, { sql: "SELECT * FROM services WHERE id = ?", args: [idBytes(id)] }]);
      const [service] = rowsOf(results, 1).map(readService);
      return service === undefined
        ? undefined
        : { ...service, revision: service.revision + 1, updatedAt: now };
    },

    ...createKeyStore(db, encryption, change),
    ...createGuestStore(db, encryption, change),
    ...createSenderStore(db, change),
    ...createTemplateStore(db, change),
  };
}
