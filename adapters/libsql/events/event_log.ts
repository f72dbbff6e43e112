import type { InStatement } from "@libsql/client";
import { EVENT_TYPES, type ServiceEvent } from "../../../domain/events/service_event.ts";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import type { EventLog, EventRange } from "../../../domain/ports/event_log.ts";
import { KEY_KINDS } from "../../../domain/service/service.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, ResultSet, Row } from "../connection/database.ts";
import { idBytes, integer, integerOrNull, oneOf, rowsOf, uuid } from "../connection/row.ts";
import { dataKeysOf, selectDataKeys } from "../keys/keyring.ts";
import {
  COMPACT_COLUMNS,
  decryptNotification,
  fromCompact,
} from "../notifications/notification_rows.ts";

/**
 * Max events that one read looks at when it asks for one kind of API key or some types only. The events that do not
 * match are passed over, so such a read may return fewer than its limit, or none.
 */
export const MAX_PASSED_EVENTS = 2_000;

/** How long numbers are remembered: a file may have been written by another process, though none serves it. */
const REMEMBERED_MS = 5_000;

/** The first and the last number of a service (?1). Two subqueries: an index answers each of them with one row. */
const SELECT_BOUNDS = `SELECT
  (SELECT min(sequence) FROM service_events WHERE service_id = ?1) AS oldest,
  (SELECT max(sequence) FROM service_events WHERE service_id = ?1) AS last`;

/** The numbers of the newest events of some services (?1), as JSON. */
const SELECT_LAST_NUMBERS = `SELECT unhex(r.value, '-') AS service_id,
    (SELECT max(sequence) FROM service_events WHERE service_id = unhex(r.value, '-')) AS last
  FROM json_each(?1) AS r`;

/** The number before the first event of a range: ?2, or else that before the oldest. */
const AFTER = `coalesce(?2, (SELECT min(sequence) FROM service_events WHERE service_id = ?1) - 1)`;

/** Selects the events of a `page` of `service_events` with their notifications, of a service (?1). */
const SELECT_PAGE =
  `SELECT page.sequence, page.type, page.at, page.notification_id, page.key_kind, page.status,
    ${COMPACT_COLUMNS}
  FROM page LEFT JOIN notifications AS n ON n.service_id = ?1 AND n.id = page.notification_id
  ORDER BY page.sequence`;

/**
 * Selects the next events of a service (?1) after a number (?2), looking at ?3 of them, at most ?4, of a kind (?5) of key or
 * of any, and of some types (?6, as JSON) or of any.
 */
const SELECT_EVENTS = `WITH page AS MATERIALIZED (
    SELECT * FROM service_events
    WHERE service_id = ?1 AND sequence > ${AFTER} AND sequence <= ${AFTER} + ?3 AND (?5 IS NULL OR key_kind = ?5)
      AND (?6 IS NULL OR type IN (SELECT value FROM json_each(?6)))
    ORDER BY sequence LIMIT ?4)
  ${SELECT_PAGE}`;

/** Selects the events of a service (?1) with some numbers (?2, as JSON). */
const SELECT_NUMBERED = `WITH page AS MATERIALIZED (
    SELECT e.* FROM json_each(?2) AS r
    CROSS JOIN service_events AS e ON e.service_id = ?1 AND e.sequence = r.value)
  ${SELECT_PAGE}`;

function selectBounds(serviceId: ServiceId): InStatement {
  return { sql: SELECT_BOUNDS, args: [idBytes(serviceId)] };
}

/** Reads the result of {@link SELECT_BOUNDS}, which is the first of some. */
function readBounds(
  results: readonly ResultSet[],
): { readonly oldest: number; readonly last: number } {
  const [row] = rowsOf(results, 0);
  return row === undefined ? { oldest: 1, last: 0 } : {
    oldest: integerOrNull(row, "oldest") ?? 1,
    last: integerOrNull(row, "last") ?? 0,
  };
}

/** How many events a read looks at: those of other kinds of keys, and of other types, are passed. */
function spanOf({ limit, keyKind, types }: EventRange): number {
  return keyKind === undefined && types === undefined ? limit : MAX_PASSED_EVENTS;
}

function selectEvents(serviceId: ServiceId, range: EventRange): InStatement {
  const { after, limit, keyKind, types } = range;
  return {
    sql: SELECT_EVENTS,
    args: [
      idBytes(serviceId),
      after ?? null,
      spanOf(range),
      limit,
      keyKind ?? null,
      types === undefined ? null : JSON.stringify(types),
    ],
  };
}

/**
 * Creates the event log: each service's events, numbered without a gap. It only reads; triggers of the database's
 * schema write the events.
 */
export function createEventLog(db: Database, encryption: Encryption): EventLog {
  /** The data keys of the rows that have a notification. */
  async function keysOf(
    serviceId: ServiceId,
    rows: readonly Row[],
    keyRows: readonly Row[] | undefined,
  ): Promise<ReadonlyMap<string, DataKey>> {
    const ids = new Set(
      rows.filter(hasNotification).map((row) => uuid(fromCompact(row), "data_key_id")),
    );
    return await dataKeysOf(
      encryption,
      serviceId,
      ids,
      async () => keyRows ?? rowsOf(await db.readPoint([selectDataKeys(serviceId)]), 0),
    );
  }

  async function readEvent(
    serviceId: ServiceId,
    row: Row,
    keys: ReadonlyMap<string, DataKey>,
  ): Promise<ServiceEvent> {
    const event = {
      serviceId,
      sequence: integer(row, "sequence"),
      type: oneOf(row, "type", EVENT_TYPES),
      at: integer(row, "at"),
      notificationId: uuid(row, "notification_id") as NotificationId,
      keyKind: oneOf(row, "key_kind", KEY_KINDS),
      status: oneOf(row, "status", STATUSES),
    };
    if (!hasNotification(row)) return { ...event, notification: undefined };
    const stored = fromCompact(row);
    const key = keys.get(uuid(stored, "data_key_id"));
    if (key === undefined) throw new Error("the data key of a notification is not stored");
    return { ...event, notification: await decryptNotification(key.decrypt, stored) };
  }

  /** A call that serves many requests, so it uses up no request's time for the database. */
  const forAll = db.together ?? ((_calls, run) => run());
  let remembered: {
    readonly at: number;
    readonly of: readonly ServiceId[];
    readonly writes: number | undefined;
    readonly numbers: ReadonlyMap<ServiceId, number>;
  } | undefined;

  async function readLastNumbers(
    serviceIds: readonly ServiceId[],
  ): Promise<ReadonlyMap<ServiceId, number>> {
    const results = await forAll([], () =>
      db.readLong([
        { sql: SELECT_LAST_NUMBERS, args: [JSON.stringify(serviceIds)] },
      ]));
    return new Map(
      rowsOf(results, 0).flatMap((row): [ServiceId, number][] => {
        const last = integerOrNull(row, "last");
        return last === null ? [] : [[uuid(row, "service_id") as ServiceId, last]];
      }),
    );
  }

  return {
    isRemote: !db.embedded,
    async read(serviceId, range) {
      if (db.embedded && range.after !== undefined) {
        // Most requests of a feed find nothing new: two rows by their keys tell, without a message to another thread.
        const bounds = readBounds(await db.readPoint([selectBounds(serviceId)]));
        if (range.after >= bounds.last) return { events: [], next: range.after, ...bounds };
      }
      // The keys come with the rows where a second call would be a round trip.
      const results = await db.readLong([
        selectBounds(serviceId),
        selectEvents(serviceId, range),
        ...db.embedded ? [] : [selectDataKeys(serviceId)],
      ]);
      const rows = rowsOf(results, 1);
      const keys = await keysOf(serviceId, rows, db.embedded ? undefined : rowsOf(results, 2));
      const events = await Promise.all(rows.map((row) => readEvent(serviceId, row, keys)));
      const { oldest, last } = readBounds(results);
      const after = range.after ?? oldest - 1;
      const isFull = events.length === range.limit;
      const seen = Math.max(after, Math.min(after + spanOf(range), last));
      const next = isFull ? events.at(-1)?.sequence ?? after : seen;
      return { events, next, oldest, last };
    },
    async readNumbered(serviceId, numbers) {
      const results = await db.readLong([
        { sql: SELECT_NUMBERED, args: [idBytes(serviceId), JSON.stringify(numbers)] },
        ...db.embedded ? [] : [selectDataKeys(serviceId)],
      ]);
      const rows = rowsOf(results, 0);
      const keys = await keysOf(serviceId, rows, db.embedded ? undefined : rowsOf(results, 1));
      return await Promise.all(rows.map((row) => readEvent(serviceId, row, keys)));
    },
    async lastNumbers(serviceIds) {
      // Counted before the read: a write that ends during it may not be seen by it.
      const [writes, at] = [db.countWrites(), performance.now()];
      const isSame = writes !== undefined && remembered?.writes === writes &&
        remembered.of === serviceIds && at - remembered.at < REMEMBERED_MS;
      if (isSame && remembered !== undefined) return remembered.numbers;
      const numbers = await readLastNumbers(serviceIds);
      remembered = { of: serviceIds, writes, numbers, at };
      return numbers;
    },
  };
}

/** Whether the notification of an event is still stored. */
function hasNotification(row: Row): boolean {
  return row.sealed !== null;
}
