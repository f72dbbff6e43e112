import type { InStatement } from "@libsql/client";
import type { SenderId, ServiceId } from "../../../domain/ids.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import { MAX_SENDERS, type Sender } from "../../../domain/service/sender.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import { idBytes, integer, oneOf, rowsOf, text, uuid } from "../connection/row.ts";
import type { AuditedChange } from "./service_rows.ts";

type SenderStore = Pick<
  ManagementStore,
  "listSenders" | "createSender" | "updateSender" | "deleteSender"
>;

/**
 * Selects the senders of a service (text message senders and reply-to addresses), for the batch that reads its
 * sending context.
 */
export function selectSenders(serviceId: ServiceId): InStatement {
  return {
    sql: "SELECT * FROM senders WHERE service_id = ? ORDER BY created_at, id",
    args: [idBytes(serviceId)],
  };
}

/** Reads a row of `senders`. */
export function readSender(row: Row): Sender {
  return {
    id: uuid(row, "id") as SenderId,
    channel: oneOf(row, "channel", CHANNELS),
    value: text(row, "value"),
    isDefault: integer(row, "is_default") === 1,
    createdAt: integer(row, "created_at"),
    updatedAt: integer(row, "updated_at"),
  };
}

/**
 * Makes a sender its channel's default, if it exists and has this value. The previous default is cleared first.
 *
 * @param value `null` for any value
 * @param isHead SQL; nothing is changed unless it holds
 */
function makeDefault(
  serviceId: ServiceId,
  id: SenderId,
  { value, now, isHead }: {
    readonly value: string | null;
    readonly now: number;
    readonly isHead: string;
  },
): readonly InStatement[] {
  const condition = `service_id = ?1 AND id = ?2 AND value = coalesce(?3, value) AND ${isHead}`;
  return [
    {
      sql: `UPDATE senders SET is_default = 0, updated_at = ?4
        WHERE service_id = ?1 AND is_default = 1 AND id <> ?2
          AND channel = (SELECT channel FROM senders WHERE ${condition})`,
      args: [idBytes(serviceId), idBytes(id), value, now],
    },
    {
      sql: `UPDATE senders SET is_default = 1 WHERE ${condition}`,
      args: [idBytes(serviceId), idBytes(id), value],
    },
  ];
}

/**
 * The statements that insert a sender, if the SQL `condition` (no parameters) holds, the value is free and the channel has
 * room for it. None fails.
 */
export function insertSender(
  serviceId: ServiceId,
  { id, channel, value, isDefault }: Pick<Sender, "id" | "channel" | "value" | "isDefault">,
  now: number,
  condition: string,
): readonly InStatement[] {
  return [
    {
      sql: `INSERT INTO senders
          (service_id, id, channel, value, is_default, created_at, updated_at)
        SELECT s.id, ?1, ?2, ?3, 0, ?4, ?4 FROM services AS s WHERE s.id = ?5 AND ?6 >
          (SELECT count(*) FROM senders WHERE service_id = s.id AND channel = ?2) AND ${condition}
        ON CONFLICT DO NOTHING`,
      args: [idBytes(id), channel, value, now, idBytes(serviceId), MAX_SENDERS],
    },
    ...(isDefault ? makeDefault(serviceId, id, { value, now, isHead: condition }) : []),
  ];
}

/**
 * Creates the store of services' senders. A channel has one default sender: making another one the default clears the
 * previous.
 */
export function createSenderStore(
  db: Database,
  change: AuditedChange,
): SenderStore {
  const selectOne = (serviceId: ServiceId, id: SenderId): InStatement => ({
    sql: "SELECT * FROM senders WHERE service_id = ? AND id = ?",
    args: [idBytes(serviceId), idBytes(id)],
  });
  const selectSame = (serviceId: ServiceId, channel: string, value: string): InStatement => ({
    sql: "SELECT 1 FROM senders WHERE service_id = ? AND channel = ? AND value = ?",
    args: [idBytes(serviceId), channel, value],
  });

  return {
    async listSenders(serviceId, channel) {
      const results = await db.read([selectSenders(serviceId)]);
      return rowsOf(results, 0).map(readSender).filter((sender) => sender.channel === channel);
    },
    async createSender(serviceId, { id, channel, value, isDefault }, now, entry) {
      const results = await change(serviceId, now, entry, (isHead) => [
        selectSame(serviceId, channel, value),
        ...insertSender(serviceId, { id, channel, value, isDefault }, now, isHead),
        selectOne(serviceId, id),
        { sql: "SELECT 1 FROM services WHERE id = ?", args: [idBytes(serviceId)] },
      ]);
      const last = isDefault ? 4 : 2;
      const [sender] = rowsOf(results, last).map(readSender);
      if (sender !== undefined) return sender;
      if (rowsOf(results, last + 1).length === 0) return undefined;
      return rowsOf(results, 0).length > 0 ? "taken" : "full";
    },
    async updateSender(serviceId, id, { value = null, isDefault }, now, entry) {
      const results = await change(serviceId, now, entry, (isHead) => [
        {
          // Changes nothing when another sender of the channel has the value.
          sql: `UPDATE OR IGNORE senders SET value = coalesce(?, value), updated_at = ?,
              is_default = CASE WHEN ? THEN 0 ELSE is_default END
            WHERE service_id = ? AND id = ? AND ${isHead} RETURNING 1`,
          args: [value, now, isDefault === false, idBytes(serviceId), idBytes(id)],
        },
        ...(isDefault === true ? makeDefault(serviceId, id, { value, now, isHead }) : []),
        selectOne(serviceId, id),
      ]);
      const [sender] = rowsOf(results, isDefault === true ? 3 : 1).map(readSender);
      if (sender === undefined) return undefined;
      return rowsOf(results, 0).length === 0 ? "taken" : sender;
    },
    async deleteSender(serviceId, id, now, entry) {
      const results = await change(serviceId, now, entry, (isHead) => [{
        sql: `DELETE FROM senders WHERE service_id = ? AND id = ? AND ${isHead} RETURNING 1`,
        args: [idBytes(serviceId), idBytes(id)],
      }]);
      return rowsOf(results, 0).length === 1;
    },
  };
}
