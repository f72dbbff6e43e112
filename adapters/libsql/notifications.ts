import type { InStatement, InValue } from "@libsql/client";
import type { ServiceId } from "../../domain/ids.ts";
import {
  EVENT_KINDS,
  type EventFacts,
  type StoredNotification,
  type TimelineEvent,
} from "../../domain/notification.ts";
import type { NotificationQuery, NotificationStore } from "../../domain/ports.ts";
import type { Vault } from "../crypto/vault.ts";
import type { Database } from "./database.ts";
import { readWrappedDataKey } from "./keyring.ts";
import { readNotification, SELECT_NOTIFICATION } from "./notification_rows.ts";
import { hex, integer, oneOf, rowsOf, text, toStored } from "./row.ts";

/** Makes the view of what has become of notifications. */
export function createNotificationStore(db: Database, vault: Vault): NotificationStore {
  async function readAll(statement: InStatement): Promise<readonly StoredNotification[]> {
    const results = await db.read([statement]);
    return await Promise.all(rowsOf(results, 0).map((row) => readNotification(vault, row)));
  }

  return {
    async get({ serviceId, notificationId }) {
      const [found] = await readAll({
        sql: `${SELECT_NOTIFICATION} WHERE n.service_id = ? AND n.id = ?`,
        args: [serviceId, notificationId],
      });
      return found;
    },
    list: (serviceId, query) => readAll(selectPage(serviceId, query)),
    async timeline({ serviceId, notificationId }) {
      const args = [serviceId, notificationId];
      const results = await db.read([
        { sql: "SELECT 1 FROM notifications WHERE service_id = ? AND id = ?", args },
        {
          sql: `SELECT at, kind, facts FROM events
            WHERE service_id = ? AND notification_id = ? ORDER BY id`,
          args,
        },
      ]);
      if (rowsOf(results, 0).length === 0) return undefined;
      return rowsOf(results, 1).map((row): TimelineEvent => {
        const facts: EventFacts = JSON.parse(text(row, "facts"));
        return { at: integer(row, "at"), kind: oneOf(row, "kind", EVENT_KINDS), facts };
      });
    },
    async findByRecipient(serviceId, recipient, limit) {
      const keyRows = await db.read([{
        sql: `SELECT id AS data_key_id, master_key_id AS data_key_master,
          wrapped AS data_key_wrapped FROM data_keys WHERE service_id = ?`,
        args: [serviceId],
      }]);
      // A recipient's hash is another under each data key that the service has had.
      const hashes = await Promise.all(
        rowsOf(keyRows, 0).map(async (row) => {
          const key = await vault.dataKey(serviceId, readWrappedDataKey(row));
          return hex(await key.lookup(recipient));
        }),
      );
      return await readAll({
        sql: `${SELECT_NOTIFICATION} WHERE n.service_id = ? AND n.id IN (
            SELECT found.id FROM json_each(?) AS hash
            CROSS JOIN notifications AS found INDEXED BY notifications_by_recipient
              ON found.service_id = ? AND found.recipient_hash = unhex(hash.value)
            ORDER BY found.id DESC LIMIT ?)
          ORDER BY n.id DESC`,
        args: [serviceId, JSON.stringify(hashes), serviceId, limit],
      });
    },
  };
}

function selectPage(serviceId: ServiceId, query: NotificationQuery): InStatement {
  const conditions = ["n.service_id = ?"];
  const args: InValue[] = [serviceId];
  const where = (condition: string, ...values: InValue[]) => {
    conditions.push(condition);
    args.push(...values);
  };
  if (query.keyKind !== undefined) where("n.key_kind = ?", query.keyKind);
  if (query.reference !== undefined) where("n.reference = ?", toStored(query.reference));
  const [channel, ...otherChannels] = query.channels;
  if (channel !== undefined && otherChannels.length === 0) where("n.channel = ?", channel);
  // Of several channels the index gives no order by id: the plus sign keeps it out.
  else if (channel !== undefined) {
    where("+n.channel IN (SELECT value FROM json_each(?))", JSON.stringify(query.channels));
  }
  if (query.statuses.length > 0) {
    where("n.status IN (SELECT value FROM json_each(?))", JSON.stringify(query.statuses));
  }
  if (query.olderThan !== undefined) {
    where(
      `n.id < (SELECT o.id FROM notifications AS o WHERE o.service_id = ? AND o.id = ?)`,
      serviceId,
      query.olderThan,
    );
  }
  return {
    sql: `${SELECT_NOTIFICATION} WHERE ${conditions.join(" AND ")}
      ORDER BY n.id DESC LIMIT ? OFFSET ?`,
    args: [...args, query.limit, query.offset],
  };
}
