import type { InStatement } from "@libsql/client";
import type {
  NotificationId,
  NotificationRef,
  ServiceId,
  TemplateId,
} from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type {
  UnsubscribeRequest,
  UnsubscribeStore,
} from "../../../domain/ports/unsubscribe_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import { pageOrder } from "../connection/page_order.ts";
import type { Database, Row } from "../connection/database.ts";
import { readWrappedDataKey, selectDataKeys } from "../keys/keyring.ts";
import { readNotification, SELECT_NOTIFICATION } from "./notification_rows.ts";
import { appendEvents, eventText } from "./timeline.ts";
import { fromToken, signedText, toToken } from "./unsubscribe_tokens.ts";
import { idBytes, idBytesOrNull, integer, rowsOf, storedText, uuid } from "../connection/row.ts";

/** Creates the store of unsubscribe links and requests. */
export function createUnsubscribeStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): UnsubscribeStore {
  return {
    async issueToken(ref) {
      const key = await contexts.currentDataKey(ref.serviceId);
      return toToken(ref.serviceId, await key.sign(signedText(ref)));
    },

    async find(notificationId, token) {
      const parsed = fromToken(token);
      if (parsed === undefined) return { kind: "forged" };
      const { serviceId, mac } = parsed;
      const ref: NotificationRef = { serviceId, notificationId };
      const results = await db.readPoint(selectLink(ref));
      const signed = await Promise.all(
        rowsOf(results, 0).map(async (row) => {
          const key = await encryption.dataKey(serviceId, readWrappedDataKey(row));
          return await key.verify(mac, signedText(ref));
        }),
      );
      const [service] = rowsOf(results, 1);
      if (service === undefined || !signed.includes(true)) return { kind: "forged" };
      const requested = rowsOf(results, 3).length > 0;
      if (!requested && rowsOf(results, 2).length === 0) return { kind: "gone" };
      return { kind: "message", ref, serviceName: storedText(service, "name"), requested };
    },

    async request({ serviceId, notificationId }, now) {
      const request = [idBytes(serviceId), idBytes(clock.newNotificationId())];
      const results = await db.write([
        {
          sql: `INSERT INTO unsubscribe_requests (service_id, id, notification_id, template_id, at)
            SELECT service_id, ?2, id, template_id, ?3 FROM notifications
            WHERE service_id = ?1 AND id = ?4 ON CONFLICT DO NOTHING`,
          args: [...request, now, idBytes(notificationId)],
        },
        // Of a notification once: the first request of it is the only one.
        appendEvents({
          sql: `SELECT service_id, notification_id, ?3 AS added
            FROM unsubscribe_requests WHERE service_id = ?1 AND id = ?2`,
          args: [...request, eventText(now, "unsubscribed", {})],
        }),
        {
          sql: "SELECT 1 FROM unsubscribe_requests WHERE service_id = ? AND notification_id = ?",
          args: [idBytes(serviceId), idBytes(notificationId)],
        },
      ]);
      return rowsOf(results, 2).length === 1;
    },

    async list(serviceId, position, limit) {
      const { beside, sign, direction, inOrder } = pageOrder(position);
      const results = await db.readLong([{
        sql: `SELECT id, notification_id, template_id, at FROM unsubscribe_requests
          WHERE service_id = ?1 AND (?2 IS NULL OR id ${sign} ?2) ORDER BY id ${direction} LIMIT ?3`,
        args: [idBytes(serviceId), idBytesOrNull(beside ?? null), limit],
      }]);
      const rows = inOrder(rowsOf(results, 0));
      const recipients = await recipientsOf(db, encryption, serviceId, rows);
      return rows.map((row) => toRequest(row, recipients));
    },
  };
}

/** Selects the data keys of the service, its name, the notification, and the request that was made by its link. */
function selectLink({ serviceId, notificationId }: NotificationRef): readonly InStatement[] {
  const args = [idBytes(serviceId), idBytes(notificationId)];
  return [
    selectDataKeys(serviceId),
    { sql: "SELECT name FROM services WHERE id = ?", args: [idBytes(serviceId)] },
    { sql: "SELECT 1 FROM notifications WHERE service_id = ? AND id = ?", args },
    {
      sql: "SELECT 1 FROM unsubscribe_requests WHERE service_id = ? AND notification_id = ?",
      args,
    },
  ];
}

/** @param recipients by the ids of notifications */
function toRequest(row: Row, recipients: ReadonlyMap<string, string>): UnsubscribeRequest {
  const notificationId = uuid(row, "notification_id") as NotificationId;
  return {
    id: uuid(row, "id"),
    notificationId,
    templateId: uuid(row, "template_id") as TemplateId,
    to: recipients.get(notificationId),
    at: integer(row, "at"),
  };
}

/** The recipients of the notifications of requests, by the notifications' ids, as far as they are still kept. */
async function recipientsOf(
  db: Database,
  encryption: Encryption,
  serviceId: ServiceId,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, string>> {
  const ids = rows.map((row) => uuid(row, "notification_id"));
  if (ids.length === 0) return new Map();
  const kept = rowsOf(
    await db.readLong([{
      sql: `${SELECT_NOTIFICATION} WHERE n.service_id = ?
        AND n.id IN (SELECT unhex(value, '-') FROM json_each(?))`,
      args: [idBytes(serviceId), JSON.stringify(ids)],
    }]),
    0,
  );
  return new Map(
    await Promise.all(kept.map(async (row): Promise<[string, string]> => {
      const { id, personal } = await readNotification(encryption, row);
      return [id, personal.to];
    })),
  );
}
