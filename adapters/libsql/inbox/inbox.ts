import type { InStatement } from "@libsql/client";
import type { NotificationId } from "../../../domain/ids.ts";
import type {
  InboxChange,
  InboxMessage,
  InboxRef,
  NewInboxMessage,
} from "../../../domain/inbox/inbox_message.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { LocalisedContent } from "../../../domain/notification/notification.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { toChunks } from "../../chunks.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  commitIndividually,
  groupCommit,
  MAX_GROUP,
  MAX_GROUP_SIZE,
} from "../connection/group_commit.ts";
import { readChanges, readCount, selectHead } from "./inbox_changes.ts";
import {
  type AcknowledgeArgs,
  cancelFollowUps,
  COUNT_NEWEST,
  COUNT_ONE,
  INSERT_MESSAGES,
  MARK_NEWEST,
  MARK_ONE,
  RAISE_INBOXES,
  recordAcknowledged,
  selectMessages,
  SEQUENCE_OF,
  type UnreadSelection,
} from "./inbox_statements.ts";
import { dataKeyOf } from "../keys/keyring.ts";
import { blob, hex, integer, integerOrNull, rowsOf, text } from "../connection/row.ts";

/** No sequence is greater. */
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER;

/** A message to insert, as {@link INSERT_MESSAGES} reads it. */
interface MessageRow {
  readonly service_id: string;
  readonly recipient_hash: string;
  readonly id: string;
  readonly data_key_id: string;
  readonly sealed: string;
}

/** The content of a message, which is stored encrypted. */
interface MessageContent extends LocalisedContent {
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  readonly language?: string;
}

/** Creates the store of inboxes. Concurrent puts share a commit when the database is embedded. */
export function createInboxStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): InboxStore {
  const share = db.embedded ? groupCommit : commitIndividually;
  const commit = share((rows: readonly MessageRow[]) => commitPuts(db, rows, clock.now()), sizeOf);

  async function hashOf({ serviceId, recipientId }: InboxRef): Promise<Bytes> {
    return await (await contexts.currentDataKey(serviceId)).lookup(recipientId);
  }

  async function toRow(inbox: InboxRef, message: NewInboxMessage): Promise<MessageRow> {
    const { serviceId, recipientId } = inbox;
    const key = await contexts.currentDataKey(serviceId);
    const recipientHash = hex(await key.lookup(recipientId));
    const { id, subject, body, localised, language } = message;
    const content: MessageContent = {
      subject,
      body,
      localised,
      ...(language === undefined ? {} : { language }),
    };
    const encrypted = await key.encrypt(
      JSON.stringify(content),
      messageAad(serviceId, recipientHash, id),
    );
    return {
      service_id: serviceId,
      recipient_hash: recipientHash,
      id,
      data_key_id: key.id,
      sealed: hex(encrypted),
    };
  }

  async function decryptMessage({ serviceId }: InboxRef, row: Row): Promise<InboxMessage> {
    const id = text(row, "id") as NotificationId;
    const key = await dataKeyOf(encryption, serviceId, row);
    const recipientHash = hex(blob(row, "recipient_hash"));
    const content: MessageContent = JSON.parse(
      await key.decrypt(blob(row, "sealed"), messageAad(serviceId, recipientHash, id)),
    );
    return {
      ...content,
      id,
      createdAt: integer(row, "created_at"),
      acknowledgedAt: integerOrNull(row, "acknowledged_at"),
    };
  }

  /** What follows from an acknowledgement, beside marking the messages. */
  function consequences(selection: UnreadSelection, args: AcknowledgeArgs): readonly InStatement[] {
    return [
      ...recordAcknowledged(selection, args, clock.newNotificationId()),
      ...cancelFollowUps(selection, args, clock.newNotificationId()),
    ];
  }

  return {
    async put(inbox, message) {
      return await commit(await toRow(inbox, message));
    },
    async putAll(messages) {
      const rows = await Promise.all(messages.map(({ inbox, message }) => toRow(inbox, message)));
      const written: boolean[] = [];
      const groups = toChunks(rows, { maxItems: MAX_GROUP, maxSize: MAX_GROUP_SIZE, sizeOf });
      for (const group of groups) {
        written.push(...await commitPuts(db, group, clock.now()));
      }
      return written;
    },
    async list(inbox, { unreadOnly, after, offset, limit }) {
      const results = await db.read([{
        sql: selectMessages(unreadOnly ? "INDEXED BY inbox_messages_unread" : "") +
          (unreadOnly ? " AND m.acknowledged_at IS NULL" : "") +
          (after === undefined ? "" : ` AND m.sequence < (${SEQUENCE_OF})`) +
          " ORDER BY m.sequence DESC LIMIT ?3 OFFSET ?4",
        args: [
          inbox.serviceId,
          await hashOf(inbox),
          limit,
          offset,
          ...(after === undefined ? [] : [after]),
        ],
      }]);
      return await Promise.all(rowsOf(results, 0).map((row) => decryptMessage(inbox, row)));
    },
    async count(inbox) {
      const results = await db.read([selectHead(inbox.serviceId, await hashOf(inbox))]);
      return readCount(rowsOf(results, 0)[0]);
    },
    async acknowledge(inbox, id, now) {
      const hash = await hashOf(inbox);
      const own = [inbox.serviceId, hash] as const;
      const results = await db.write([
        {
          sql: `SELECT recipient_hash = ?2 AS own FROM inbox_messages
            WHERE service_id = ?1 AND id = ?3`,
          args: [...own, id],
        },
        ...consequences("one", [...own, id, now, MAX_SEQUENCE]),
        { sql: MARK_ONE, args: [...own, id, now] },
        { sql: COUNT_ONE, args: [...own] },
      ]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return "unknown";
      return integer(row, "own") === 1 ? "acknowledged" : "foreign";
    },
    async acknowledgeAll(inbox, limit, now, upTo = MAX_SEQUENCE) {
      const own = [inbox.serviceId, await hashOf(inbox)] as const;
      const before = consequences("newest", [...own, limit, now, upTo]);
      const results = await db.write([
        ...before,
        { sql: MARK_NEWEST, args: [...own, limit, now, upTo] },
        { sql: COUNT_NEWEST, args: [...own, limit, upTo] },
      ]);
      return rowsOf(results, before.length).length;
    },
    async changesSince(inbox, sequence, limit) {
      const hash = await hashOf(inbox);
      const page = await readChanges(db, inbox.serviceId, hash, sequence, limit);
      const changes = page.changes.map(async (change): Promise<InboxChange> =>
        change.kind === "message"
          ? {
            kind: "message",
            sequence: change.sequence,
            message: await decryptMessage(inbox, change.row),
          }
          : change
      );
      return { ...page, changes: await Promise.all(changes) };
    },
  };
}

/** Inserts the messages that do not exist yet. @returns for each row whether it was inserted */
async function commitPuts(
  db: Database,
  rows: readonly MessageRow[],
  now: number,
): Promise<readonly boolean[]> {
  if (rows.length === 0) return [];
  const first = new Map(rows.toReversed().map((row) => [`${row.service_id} ${row.id}`, row]));
  const light = Array.from(
    first.values(),
    ({ service_id, recipient_hash }) => ({ service_id, recipient_hash }),
  );
  const results = await db.write([
    { sql: INSERT_MESSAGES, args: [JSON.stringify([...first.values()].toReversed()), now] },
    { sql: RAISE_INBOXES, args: [JSON.stringify(light)] },
  ]);
  const written = new Set(
    rowsOf(results, 0).map((row) => `${text(row, "service_id")} ${text(row, "id")}`),
  );
  return rows.map((row) => {
    const name = `${row.service_id} ${row.id}`;
    return first.get(name) === row && written.has(name);
  });
}

function sizeOf({ sealed }: MessageRow): number {
  return sealed.length;
}

function messageAad(serviceId: string, recipientHash: string, id: string): string {
  return `inbox-message ${serviceId} ${recipientHash} ${id}`;
}
