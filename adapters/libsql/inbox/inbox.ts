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
  cancelFollowUps,
  COUNT_NEWEST,
  COUNT_ONE,
  INSERT_MESSAGES,
  MARK_NEWEST,
  MARK_ONE,
  PLACE_OF,
  RAISE_INBOXES,
  reportSeen,
  type SeenArgs,
  selectMessages,
  type Unseen,
} from "./inbox_statements.ts";
import { dataKeyOf } from "../keys/keyring.ts";
import { blob, hex, integer, integerOrNull, rowsOf, text } from "../connection/row.ts";

/** A sequence that none is past. */
const EVERY = Number.MAX_SAFE_INTEGER;

/** A message as it is put in. */
interface MessageRow {
  readonly service_id: string;
  readonly recipient_hash: string;
  readonly id: string;
  readonly data_key_id: string;
  readonly sealed: string;
}

/** The words of a message, as they are sealed. */
interface Words extends LocalisedContent {
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  readonly language?: string;
}

/** Makes the store of inboxes. Puts of one turn share a commit when the database is embedded. */
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
    const words: Words = {
      subject,
      body,
      localised,
      ...(language === undefined ? {} : { language }),
    };
    const sealed = await key.seal(
      JSON.stringify(words),
      messageContext(serviceId, recipientHash, id),
    );
    return {
      service_id: serviceId,
      recipient_hash: recipientHash,
      id,
      data_key_id: key.id,
      sealed: hex(sealed),
    };
  }

  async function open({ serviceId }: InboxRef, row: Row): Promise<InboxMessage> {
    const id = text(row, "id") as NotificationId;
    const key = await dataKeyOf(encryption, serviceId, row);
    const recipientHash = hex(blob(row, "recipient_hash"));
    const words: Words = JSON.parse(
      await key.open(blob(row, "sealed"), messageContext(serviceId, recipientHash, id)),
    );
    return {
      ...words,
      id,
      createdAt: integer(row, "created_at"),
      acknowledgedAt: integerOrNull(row, "acknowledged_at"),
    };
  }

  /** What comes with marking messages as seen. */
  function consequences(unseen: Unseen, args: SeenArgs): readonly InStatement[] {
    return [
      ...reportSeen(unseen, args, clock.newNotificationId()),
      ...cancelFollowUps(unseen, args, clock.newNotificationId()),
    ];
  }

  return {
    async put(inbox, message) {
      return await commit(await toRow(inbox, message));
    },
    async putAll(messages) {
      const rows = await Promise.all(messages.map((one) => toRow(one.inbox, one.message)));
      const written: boolean[] = [];
      for (const group of intoGroups(rows)) {
        written.push(...await commitPuts(db, group, clock.now()));
      }
      return written;
    },
    async list(inbox, { unreadOnly, after, offset, limit }) {
      const results = await db.read([{
        sql: selectMessages(unreadOnly ? "INDEXED BY inbox_messages_unread" : "") +
          (unreadOnly ? " AND m.acknowledged_at IS NULL" : "") +
          (after === undefined ? "" : ` AND m.sequence < (${PLACE_OF})`) +
          " ORDER BY m.sequence DESC LIMIT ?3 OFFSET ?4",
        args: [
          inbox.serviceId,
          await hashOf(inbox),
          limit,
          offset,
          ...(after === undefined ? [] : [after]),
        ],
      }]);
      return await Promise.all(rowsOf(results, 0).map((row) => open(inbox, row)));
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
        ...consequences("one", [...own, id, now, EVERY]),
        { sql: MARK_ONE, args: [...own, id, now] },
        { sql: COUNT_ONE, args: [...own] },
      ]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return "unknown";
      return integer(row, "own") === 1 ? "acknowledged" : "foreign";
    },
    async acknowledgeAll(inbox, limit, now, upTo = EVERY) {
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
      const happened = await readChanges(db, inbox.serviceId, hash, sequence, limit);
      const changes = happened.changes.map(async (one): Promise<InboxChange> =>
        one.kind === "message"
          ? { kind: "message", sequence: one.sequence, message: await open(inbox, one.row) }
          : one
      );
      return { ...happened, changes: await Promise.all(changes) };
    },
  };
}

/** Writes messages that are not there yet. */
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

/** Cuts a batch where one write would be too large. */
function intoGroups(rows: readonly MessageRow[]): readonly (readonly MessageRow[])[] {
  const groups: MessageRow[][] = [];
  let size = 0;
  for (const row of rows) {
    const group = groups.at(-1);
    size += sizeOf(row);
    if (group !== undefined && group.length < MAX_GROUP && size <= MAX_GROUP_SIZE) group.push(row);
    else {
      groups.push([row]);
      size = sizeOf(row);
    }
  }
  return groups;
}

function messageContext(serviceId: string, recipientHash: string, id: string): string {
  return `inbox-message ${serviceId} ${recipientHash} ${id}`;
}
