import { OWN_SERVICE_ID } from "../../../domain/accounts/own_service_id.ts";
import type { KeyUseStore } from "../../../domain/ports/key_use_store.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf, toStored } from "../connection/row.ts";
import { secretAad } from "./contexts.ts";
import { type AuditedChange, readApiKey, selectKeys } from "./service_rows.ts";

/** Normalises the name of a key: names are compared without case and white space. */
function foldName(name: string): string {
  return name.toLowerCase().replace(/\s+/g, "");
}

/** Creates the store of a service's API keys. Their secrets are encrypted with the master key. */
export function createKeyStore(
  db: Database,
  encryption: Encryption,
  change: AuditedChange,
): Pick<ManagementStore, "createKey" | "listKeys" | "revokeKey"> {
  return {
    async createKey(serviceId, { id, name, kind, secret, expiresAt }, now, audit) {
      if (serviceId === OWN_SERVICE_ID) return undefined;
      const encrypted = await encryption.encryptSecret(secret, secretAad(serviceId, id));
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `INSERT INTO api_keys (service_id, id, name, folded_name, kind, master_key_id,
              secret, created_at, expires_at)
            SELECT s.id, ?, ?, ?, ?, ?, ?, ?, ? FROM services AS s WHERE s.id = ? AND ${isHead}
            ON CONFLICT DO NOTHING RETURNING *`,
          args: [
            idBytes(id),
            toStored(name),
            toStored(foldName(name)),
            kind,
            encrypted.masterKeyId,
            encrypted.bytes,
            now,
            expiresAt ?? null,
            idBytes(serviceId),
          ],
        },
        { sql: "SELECT 1 FROM services WHERE id = ?", args: [idBytes(serviceId)] },
      ]);
      const [row] = rowsOf(results, 0);
      if (row !== undefined) return readApiKey(row);
      return rowsOf(results, 1).length === 0 ? undefined : "name-taken";
    },
    async listKeys(serviceId) {
      return rowsOf(await db.read([selectKeys(serviceId)]), 0).map(readApiKey);
    },
    async revokeKey(serviceId, id, now, audit) {
      const results = await change(serviceId, now, audit, (isHead) => [
        {
          sql: `UPDATE api_keys SET revoked_at = ?
            WHERE service_id = ? AND id = ? AND revoked_at IS NULL AND ${isHead}`,
          args: [now, idBytes(serviceId), idBytes(id)],
        },
        {
          sql: "SELECT * FROM api_keys WHERE service_id = ? AND id = ?",
          args: [idBytes(serviceId), idBytes(id)],
        },
      ]);
      return rowsOf(results, 1).map(readApiKey)[0];
    },
  };
}

/** Creates the store of the last uses of keys. It changes nothing that an accept depends on: no revision is raised. */
export function createKeyUseStore(db: Pick<Database, "background">): KeyUseStore {
  return {
    async write(uses) {
      await db.background.write(uses.map(({ serviceId, keyId, at, before }) => ({
        sql: `UPDATE api_keys SET last_used_at = ?1 WHERE service_id = ?2 AND id = ?3
          AND (last_used_at IS NULL OR last_used_at <= ?4)`,
        args: [at, idBytes(serviceId), idBytes(keyId), before],
      })));
    },
  };
}
