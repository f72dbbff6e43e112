import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import type {
  NotificationQuery,
  NotificationStore,
} from "../../../domain/ports/notification_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { pageOrder } from "../connection/page_order.ts";
import { createHashedReads } from "../keys/blind_indexes.ts";
import { dataKeysOf, selectDataKeys } from "../keys/keyring.ts";
import { SELECT_OWN_ID, selectPage } from "./list_pages.ts";
import {
  COMPACT_COLUMNS,
  decryptNotification,
  fromCompact,
  processText,
  readNotification,
  referenceText,
  SELECT_COMPACT,
  SELECT_NOTIFICATION,
} from "./notification_rows.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import {
  isNotStarted,
  leaveOutbox,
  transition,
  type TransitionSource,
} from "./status_transition.ts";
import { readTimeline } from "./timeline.ts";
import { idBytes, rowsOf, text, uuid } from "../connection/row.ts";
import { isAnswerTooLarge } from "../connection/unavailable.ts";

/** The cancellation of a notification (?1, ?2) of a kind of key (?3) at a time (?4), when no attempt was started. */
const cancellationIf = (isHead: string) =>
  `SELECT o.service_id, o.notification_id, 'cancelled' AS status, ?4 AS at, NULL AS added,
    '{"status":"cancelled","code":"asked"}' AS change
  FROM outbox AS o CROSS JOIN notifications AS c
    ON c.service_id = o.service_id AND c.id = o.notification_id
  WHERE o.service_id = ?1 AND o.notification_id = ?2 AND (?3 IS NULL OR c.key_kind = ?3)
    AND ${isNotStarted("?4")} AND ${isHead}`;

/**
 * The notifications of a service (?1) to a recipient, whose hashes are ?3, at most ?4.
 *
 * @param conditions further ones on `n`, each after an `AND`
 */
function selectToRecipient(conditions: string, direction: "ASC" | "DESC"): string {
  return `WITH page AS MATERIALIZED (
      SELECT n.id, n.rowid AS found FROM json_each(?3) AS hash
      CROSS JOIN notifications AS n INDEXED BY notifications_of_recipient
        ON n.service_id = ?1 AND n.recipient_hash = unhex(hash.value) ${conditions}
      ORDER BY n.id ${direction} LIMIT ?4)
    SELECT ${COMPACT_COLUMNS} FROM page
    CROSS JOIN notifications AS n ON n.rowid = page.found`;
}

/** Reads a page at once or, where its messages are too large for one answer of the database, half by half. */
async function inParts(
  query: NotificationQuery,
  read: (query: NotificationQuery) => Promise<readonly StoredNotification[]>,
): Promise<readonly StoredNotification[]> {
  try {
    return await read(query);
  } catch (error) {
    if (!isAnswerTooLarge(error) || query.limit < 2) throw error;
  }
  const half = Math.ceil(query.limit / 2);
  const newer = await inParts({ ...query, limit: half }, read);
  const last = newer.at(-1);
  if (last === undefined || newer.length < half) return newer;
  const rest = { ...query, limit: query.limit - half, offset: 0, olderThan: last.id };
  return [...newer, ...await inParts(rest, read)];
}

/** Compares rows by their ids, which begin with their time. */
function newestFirst(a: Row, b: Row): number {
  return text(a, "id") < text(b, "id") ? 1 : -1;
}

/** Creates the store that reads notifications, with their personal data decrypted, and cancels them. */
export function createNotificationStore(
  db: Database,
  encryption: Encryption,
  audit: Pick<AuditWriter, "change">,
): NotificationStore {
  const hashedReads = createHashedReads(db, encryption);

  /** Reads the rows of a statement that selects {@link COMPACT_COLUMNS}, newest first. */
  async function readAll(
    read: Database["read"],
    serviceId: ServiceId,
    statement: InStatement,
  ): Promise<readonly StoredNotification[]> {
    const keyStatements = [selectDataKeys(serviceId)];
    // The keys come with the rows where a second call would be a round trip.
    const results = await read([statement, ...db.embedded ? [] : keyStatements]);
    return await decryptAll(
      serviceId,
      rowsOf(results, 0),
      async () => db.embedded ? rowsOf(await db.readPoint(keyStatements), 0) : rowsOf(results, 1),
    );
  }

  async function decryptAll(
    serviceId: ServiceId,
    compact: readonly Row[],
    readKeyRows: () => Promise<readonly Row[]>,
  ): Promise<readonly StoredNotification[]> {
    const rows = compact.map(fromCompact).toSorted(newestFirst);
    const ids = new Set(rows.map((row) => uuid(row, "data_key_id")));
    const keys = await dataKeysOf(encryption, serviceId, ids, readKeyRows);
    return await Promise.all(rows.map(async (row) => {
      const key = keys.get(uuid(row, "data_key_id"));
      if (key === undefined) throw new Error("the data key of a notification is not stored");
      return await decryptNotification(key.decrypt, row);
    }));
  }

  /** As {@link readAll}, for a statement with the keyed hashes of texts. */
  async function readByHashes(
    serviceId: ServiceId,
    texts: readonly string[],
    statementOf: (hashes: readonly (readonly string[])[]) => InStatement,
  ): Promise<readonly StoredNotification[]> {
    const { rows, keyRows } = await hashedReads.read(serviceId, texts, statementOf);
    return await decryptAll(serviceId, rows, () => Promise.resolve(keyRows));
  }

  return {
    async get({ serviceId, notificationId }) {
      const [notification] = await readAll(db.readPoint, serviceId, {
        sql: `${SELECT_COMPACT} WHERE n.service_id = ? AND n.id = ?`,
        args: [idBytes(serviceId), idBytes(notificationId)],
      });
      return notification;
    },
    async cancel({ serviceId, notificationId }, keyKind, now, entry) {
      const id = [idBytes(serviceId), idBytes(notificationId), keyKind ?? null];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => {
          const source: TransitionSource = { sql: cancellationIf(isHead), args: [...id, now] };
          return [
            ...transition(source, { endsUnsent: true }),
            // Last of those that write: it deletes a row if the notification is cancelled.
            leaveOutbox(source),
            {
              sql: `${SELECT_NOTIFICATION} WHERE n.service_id = ?1 AND n.id = ?2
                AND (?3 IS NULL OR n.key_kind = ?3)`,
              args: id,
            },
          ];
        },
      });
      const [row] = rowsOf(results, results.length - 1);
      return row === undefined ? undefined : await readNotification(encryption, row);
    },
    async list(serviceId, query) {
      const { reference, processInstance } = query;
      const references = reference === undefined ? [] : [referenceText(reference)];
      const processes = processInstance === undefined ? [] : [processText(processInstance)];
      const texts = [...references, ...processes];
      return await inParts(query, async (part) => {
        if (texts.length === 0) {
          return await readAll(db.readLong, serviceId, selectPage(serviceId, part, {}));
        }
        return await readByHashes(serviceId, texts, (hashes) =>
          selectPage(serviceId, part, {
            reference: hashes[references.length - 1],
            processInstance: processes.length === 0 ? undefined : hashes.at(-1),
          }));
      });
    },
    async timeline({ serviceId, notificationId }) {
      const results = await db.readPoint([{
        sql: `SELECT n.created_at, n.events, o.starts FROM notifications AS n
          LEFT JOIN outbox AS o ON o.service_id = n.service_id AND o.notification_id = n.id
          WHERE n.service_id = ? AND n.id = ?`,
        args: [idBytes(serviceId), idBytes(notificationId)],
      }]);
      return rowsOf(results, 0).map(readTimeline)[0];
    },
    async findByRecipient(serviceId, recipient, limit, { reference, olderThan, position } = {}) {
      const { beside, sign, direction } = pageOrder(
        olderThan === undefined ? position ?? {} : { olderThan },
      );
      const bound = olderThan !== undefined
        ? `AND n.id < (${SELECT_OWN_ID})`
        : beside === undefined
        ? ""
        : `AND n.id ${sign} ?2`;
      const referred = reference === undefined
        ? ""
        : "AND n.reference_hash IN (SELECT unhex(value) FROM json_each(?5))";
      const texts = [recipient, ...reference === undefined ? [] : [referenceText(reference)]];
      return await readByHashes(serviceId, texts, ([recipients = [], references]) => ({
        sql: selectToRecipient(`${bound} ${referred}`, direction),
        args: [
          idBytes(serviceId),
          idBytes(beside ?? ""),
          JSON.stringify(recipients),
          limit,
          ...references === undefined ? [] : [JSON.stringify(references)],
        ],
      }));
    },
  };
}
