import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { ServiceMode, ServiceSettings } from "../../../domain/service/service.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import { hex, idBytes, toStored } from "../connection/row.ts";

/** A service to be created. */
export interface NewService {
  readonly id: ServiceId;
  readonly name: string;
  readonly mode: ServiceMode;
  readonly active: boolean;
  readonly settings: ServiceSettings;
}

/** The statements that create a service. */
export interface ServiceCreation {
  /**
   * The statements, which create it if the SQL `condition` (no parameters) holds. The second one returns the service's
   * row. They fail when the id is taken.
   */
  readonly statements: (condition: string) => readonly InStatement[];
  /** SQL without parameters: whether these statements have created the service. */
  readonly isCreated: string;
}

/** Prepares a service with a data key of its own. */
export async function prepareService(
  encryption: Encryption,
  { id, name, mode, active, settings }: NewService,
  now: number,
): Promise<ServiceCreation> {
  const dataKey = await encryption.newDataKey(id);
  const statements = (condition: string) => [
    {
      sql: `INSERT INTO data_keys (service_id, id, master_key_id, wrapped, created_at)
        SELECT ?, ?, ?, ?, ? WHERE ${condition}`,
      args: [idBytes(id), idBytes(dataKey.id), dataKey.masterKeyId, dataKey.wrapped, now],
    },
    {
      sql: `INSERT INTO services (id, name, mode, active, revision, settings, data_key_id,
          created_at, updated_at)
        SELECT ?, ?, ?, ?, 1, ?, ?, ?, ? WHERE ${condition} RETURNING *`,
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
  ];
  return {
    statements,
    isCreated: `EXISTS (SELECT 1 FROM services WHERE id = x'${hex(idBytes(id))}'
      AND data_key_id = x'${hex(idBytes(dataKey.id))}')`,
  };
}
