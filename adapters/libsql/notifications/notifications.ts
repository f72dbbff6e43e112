import type { InStatement, InValue } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import {
  EVENT_KINDS,
  type EventFacts,
  type StoredNotification,
  type TimelineEvent,
} from "../../../domain/notification/notification.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type {
  NotificationQuery,
  NotificationStore,
} from "../../../domain/ports/notification_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { dataKeysOf, readWrappedDataKey, selectDataKeys } from "../keys/keyring.ts";
import {
  decryptNotification,
  fromCompact,
  readNotification,
  SELECT_NOTIFICATION,
  selectCompact,
} from "./notification_rows.ts";
import {
  isNotStarted,
  leaveOutbox,
  transition,
  type TransitionSource,
} from "./status_transition.ts";
import { hex, integer, oneOf, rowsOf, text, toStored } from "../connection/row.ts";

/** The cancellation of a notification (?1, ?2) of a kind of key (?3) at a time (?4), when no attempt was started. */
const CANCELLATION =
  `SELECT o.service_id, o.notification_id, 'cancelled' AS status, ?4 AS at, ?5 AS event_id,
    '{"code":"asked"}' AS details
  FROM outbox AS o CROSS JOIN notifications AS c
    ON c.service_id = o.service_id AND c.id = o.notification_id
  WHERE o.service_id = ?1 AND o.notification_id = ?2 AND (?3 IS NULL OR c.key_kind = ?3)
    AND ${isNotStarted("?4")}`;

/** The id of a notification (second argument), when it is the service's (first argument). */
const SELECT_OWN_ID = "SELECT o.id FROM notifications AS o WHERE o.service_id = ? AND o.id = ?";

/** Creates the store that reads and cancels notifications. */
export function createNotificationStore(
  db: Database,
  encryption: Encryption,
  clock: Pick<Clock, "newNotificationId">,
): NotificationStore {
  /** Reads the rows of a statement that {@link selectCompact} begins. */
  async function readAll(
    read: Database["read"],
    serviceId: ServiceId,
    statement: InStatement,
  ): Promise<readonly StoredNotification[]> {
    const keyStatements = [selectDataKeys(serviceId)];
    // The keys come with the rows where a second call would be a round trip.
    const results = await read([statement, ...db.embedded ? [] : keyStatements]);
    const rows = rowsOf(results, 0).map(fromCompact);
    const keys = await dataKeysOf(
      encryption,
      serviceId,
      new Set(rows.map((row) => text(row, "data_key_id"))),
      async () => db.embedded ? rowsOf(await db.readPoint(keyStatements), 0) : rowsOf(results, 1),
    );
    return await Promise.all(rows.map(async (row) => {
      const key = keys.get(text(row, "data_key_id"));
      if (key === undefined) throw new Error("the data key of a notification is not stored");
      return await decryptNotification(key.decrypt, row);
    }));
  }

  return {
    async get({ serviceId, notificationId }) {
      const [notification] = await readAll(db.readPoint, serviceId, {
        sql: `${selectCompact()} WHERE n.service_id = ? AND n.id = ?`,
        args: [serviceId, notificationId],
      });
      return notification;
    },
    async cancel({ serviceId, notificationId }, keyKind, now) {
      const kind = keyKind ?? null;
      const source: TransitionSource = {
        sql: CANCELLATION,
        args: [serviceId, notificationId, kind, now, clock.newNotificationId()],
      };
      const cancellation = [...transition(source), leaveOutbox(source, "all")];
      const results = await db.write([
        ...cancellation,
        {
          sql: `${SELECT_NOTIFICATION} WHERE n.service_id = ?1 AND n.id = ?2
            AND (?3 IS NULL OR n.key_kind = ?3)`,
          args: [serviceId, notificationId, kind],
        },
      ]);
      const [row] = rowsOf(results, cancellation.length);
      return row === undefined ? undefined : await readNotification(encryption, row);
    },
    list: (serviceId, query) => readAll(db.readLong, serviceId, selectPage(serviceId, query)),
    async timeline({ serviceId, notificationId }) {
      const args = [serviceId, notificationId];
      const results = await db.readPoint([
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
    async findByRecipient(serviceId, recipient, limit, { reference, olderThan } = {}) {
      const keyRows = await db.readPoint([selectDataKeys(serviceId)]);
      // The hash of a recipient differs under each data key that the service has had.
      const hashes = await Promise.all(
        rowsOf(keyRows, 0).map(async (row) => {
          const key = await encryption.dataKey(serviceId, readWrappedDataKey(row));
          return hex(await key.lookup(recipient));
        }),
      );
      const older = olderThan === undefined ? "" : `AND found.id < (${SELECT_OWN_ID})`;
      const referred = reference === undefined ? "" : "AND found.reference = ?";
      return await readAll(db.readLong, serviceId, {
        sql: `${selectCompact()} WHERE n.service_id = ? AND n.id IN (
            SELECT found.id FROM json_each(?) AS hash
            CROSS JOIN notifications AS found INDEXED BY notifications_by_recipient
              ON found.service_id = ? AND found.recipient_hash = unhex(hash.value)
                ${older} ${referred}
            ORDER BY found.id DESC LIMIT ?)
          ORDER BY n.id DESC`,
        args: [
          serviceId,
          JSON.stringify(hashes),
          serviceId,
          ...(olderThan === undefined ? [] : [serviceId, olderThan]),
          ...(reference === undefined ? [] : [toStored(reference)]),
          limit,
        ],
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
  // For several channels the index gives no order by id; the plus sign keeps the planner from using it.
  else if (channel !== undefined) {
    where("+n.channel IN (SELECT value FROM json_each(?))", JSON.stringify(query.channels));
  }
  if (query.statuses.length > 0) {
    where("n.status IN (SELECT value FROM json_each(?))", JSON.stringify(query.statuses));
  }
  if (query.olderThan !== undefined) {
    where(`n.id < (${SELECT_OWN_ID})`, serviceId, query.olderThan);
  }
  if (!query.includeJobs) where("n.job_id IS NULL");
  return {
    sql: `${selectFor(query)} WHERE ${conditions.join(" AND ")}
      ORDER BY n.id DESC LIMIT ? OFFSET ?`,
    args: [...args, query.limit, query.offset],
  };
}

/** Names the index where the planner might otherwise scan the rows of a job one by one. */
function selectFor({ includeJobs, reference, keyKind }: NotificationQuery): string {
  if (includeJobs) return selectCompact();
  if (reference !== undefined) return selectCompact("notifications_single_by_reference");
  return keyKind === undefined ? selectCompact() : selectCompact("notifications_single");
}
