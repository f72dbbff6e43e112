import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import { type LibsqlContexts, secretAad } from "./contexts.ts";
import type { Database } from "../connection/database.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { rowsOf, toStored } from "../connection/row.ts";
import { createSenderStore } from "./senders.ts";
import { guestsAad, raiseRevision, readApiKey, readGuests, readService } from "./service_rows.ts";
import { createTemplateStore } from "../templates/templates.ts";

/** Normalises the name of a key: names are compared without case and white space. */
function foldName(name: string): string {
  return name.toLowerCase().replace(/\s+/g, "");
}

/** Creates the store of services and their keys, guests, senders and templates. Each change evicts the service from the cache. */
export function createManagementStore(
  { db, encryption, contexts }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
  },
): ManagementStore {
  async function change(
    serviceId: ServiceId,
    now: number,
    statements: readonly InStatement[],
  ) {
    const results = await db.write([...statements, raiseRevision(serviceId, now)]);
    contexts.forget(serviceId);
    return results;
  }

  return {
    async createService({ id, name, mode, active, settings }, now) {
      const dataKey = await encryption.newDataKey(id);
      const results = await db.write([
        {
          sql: `INSERT INTO data_keys (service_id, id, master_key_id, wrapped, created_at)
            VALUES (?, ?, ?, ?, ?)`,
          args: [id, dataKey.id, dataKey.masterKeyId, dataKey.wrapped, now],
        },
        {
          sql: `INSERT INTO services (id, name, mode, active, revision, settings, data_key_id,
              created_at, updated_at)
            VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?) RETURNING *`,
          args: [id, toStored(name), mode, active, JSON.stringify(settings), dataKey.id, now, now],
        },
      ]);
      const [row] = rowsOf(results, 1);
      if (row === undefined) throw new Error("the service was not written");
      return readService(row);
    },
    async getService(id) {
      const results = await db.read([{ sql: "SELECT * FROM services WHERE id = ?", args: [id] }]);
      return rowsOf(results, 0).map(readService)[0];
    },
    async listServices(after, limit) {
      const results = await db.read([{
        sql: "SELECT * FROM services WHERE id > ? ORDER BY id LIMIT ?",
        args: [after ?? "", limit],
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
          id,
        ],
      }, { sql: "SELECT * FROM services WHERE id = ?", args: [id] }]);
      const [service] = rowsOf(results, 1).map(readService);
      return service === undefined
        ? undefined
        : { ...service, revision: service.revision + 1, updatedAt: now };
    },

    async createKey(serviceId, { id, name, kind, secret }, now) {
      const encrypted = await encryption.encryptSecret(secret, secretAad(serviceId, id));
      const results = await change(serviceId, now, [
        {
          sql: `INSERT INTO api_keys (service_id, id, name, folded_name, kind, master_key_id,
              secret, created_at)
            SELECT s.id, ?, ?, ?, ?, ?, ?, ? FROM services AS s WHERE s.id = ?
            ON CONFLICT DO NOTHING RETURNING *`,
          args: [
            id,
            toStored(name),
            toStored(foldName(name)),
            kind,
            encrypted.masterKeyId,
            encrypted.bytes,
            now,
            serviceId,
          ],
        },
        { sql: "SELECT 1 FROM services WHERE id = ?", args: [serviceId] },
      ]);
      const [row] = rowsOf(results, 0);
      if (row !== undefined) return readApiKey(row);
      return rowsOf(results, 1).length === 0 ? undefined : "name-taken";
    },
    async listKeys(serviceId) {
      const results = await db.read([{
        sql: "SELECT * FROM api_keys WHERE service_id = ? ORDER BY created_at, id",
        args: [serviceId],
      }]);
      return rowsOf(results, 0).map(readApiKey);
    },
    async revokeKey(serviceId, id, now) {
      const results = await change(serviceId, now, [{
        sql: `UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?)
          WHERE service_id = ? AND id = ? RETURNING *`,
        args: [now, serviceId, id],
      }]);
      return rowsOf(results, 0).map(readApiKey)[0];
    },

    async getGuests(serviceId) {
      const results = await db.read([selectWithKey(serviceId)]);
      const [row] = rowsOf(results, 0);
      return row === undefined
        ? undefined
        : await readGuests(row, await dataKeyOf(encryption, serviceId, row));
    },
    async setGuests(serviceId, guests, now) {
      const selected = await db.read([selectWithKey(serviceId)]);
      const [row] = rowsOf(selected, 0);
      if (row === undefined) return false;
      const key = await dataKeyOf(encryption, serviceId, row);
      const encrypted = await key.encrypt(JSON.stringify(guests), guestsAad(serviceId));
      // Writes nothing when another data key has become the current one meanwhile.
      const results = await change(serviceId, now, [{
        sql: "UPDATE services SET guests = ? WHERE id = ? AND data_key_id = ? RETURNING 1",
        args: [encrypted, serviceId, key.id],
      }]);
      return rowsOf(results, 0).length === 1;
    },

    ...createSenderStore(db, change),
    ...createTemplateStore(db, change),
  };
}

function selectWithKey(serviceId: ServiceId): InStatement {
  return {
    sql: `SELECT s.id, s.guests, ${DATA_KEY_COLUMNS} FROM services AS s
      JOIN data_keys AS d ON d.service_id = s.id AND d.id = s.data_key_id WHERE s.id = ?`,
    args: [serviceId],
  };
}
