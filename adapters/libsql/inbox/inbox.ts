import type { InStatement } from "@libsql/client";
import type {
  InboxChange,
  InboxChanges,
  InboxQuery,
  InboxRef,
} from "../../../domain/inbox/inbox_message.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { toChunks } from "../../chunks.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database } from "../connection/database.ts";
import { takeLarge } from "../connection/large_value.ts";
import { shareCommits } from "../connection/share_commits.ts";
import { hashOf, type MessageRow, readMessage, toMessageRow } from "./message_rows.ts";
import { type ChangePage, readChanges, readCount, selectHead } from "./inbox_changes.ts";
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
import { idBytes, integer, rowsOf, uuid } from "../connection/row.ts";

/** No sequence is greater. */
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER;

/**
 * Creates the store of inboxes (a person's messages). Messages that several callers put at the same time share a
 * commit.
 */
export function createInboxStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): InboxStore {
  const commit = shareCommits(
    db,
    (rows: readonly MessageRow[]) => commitPuts(db, rows, clock.now()),
    sizeOf,
  );

  /**
   * The statements of an acknowledgement that run after the messages are marked: change records and cancelled
   * follow-ups.
   */
  function consequences(selection: UnreadSelection, args: AcknowledgeArgs): readonly InStatement[] {
    return [
      recordAcknowledged(selection, args),
      ...cancelFollowUps(selection, args),
    ];
  }

  const maxPuts = db.maxGroupItems();
  return {
    maxPuts,
    async put(inbox, message) {
      return await commit(await toMessageRow(contexts, inbox, message));
    },
    async putAll(messages) {
      const rows = await Promise.all(
        messages.map(({ inbox, message }) => toMessageRow(contexts, inbox, message)),
      );
      const written: boolean[] = [];
      const limits = { maxItems: maxPuts, maxSize: db.maxGroupSize, sizeOf };
      const groups = toChunks(rows, limits);
      for (const group of groups) {
        written.push(...await commitPuts(db, group, clock.now()));
      }
      return written;
    },
    async list(inbox, query) {
      const hash = await hashOf(contexts, inbox);
      const results = await db.readLong([selectPage(inbox.serviceId, hash, query)]);
      return await Promise.all(
        rowsOf(results, 0).map((row) => readMessage(encryption, inbox, row)),
      );
    },
    async count(inbox) {
      const results = await db.readPoint([
        selectHead(inbox.serviceId, await hashOf(contexts, inbox)),
      ]);
      return readCount(rowsOf(results, 0)[0]);
    },
    async acknowledge(inbox, id, now) {
      const hash = await hashOf(contexts, inbox);
      const own = [idBytes(inbox.serviceId), hash] as const;
      const results = await db.write([
        {
          sql: `SELECT recipient_hash = ?2 AS own FROM inbox_messages
            WHERE service_id = ?1 AND id = ?3`,
          args: [...own, idBytes(id)],
        },
        ...consequences("one", [...own, idBytes(id), now, MAX_SEQUENCE]),
        { sql: MARK_ONE, args: [...own, idBytes(id), now] },
        { sql: COUNT_ONE, args: [...own] },
      ]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return "unknown";
      return integer(row, "own") === 1 ? "acknowledged" : "foreign";
    },
    async acknowledgeAll(inbox, limit, now, upTo = MAX_SEQUENCE) {
      const own = [idBytes(inbox.serviceId), await hashOf(contexts, inbox)] as const;
      const before = consequences("newest", [...own, limit, now, upTo]);
      const results = await db.write([
        ...before,
        { sql: MARK_NEWEST, args: [...own, limit, now, upTo] },
        { sql: COUNT_NEWEST, args: [...own, limit, upTo] },
      ]);
      return rowsOf(results, before.length).length;
    },
    async changesSince(inbox, sequence, limit) {
      const hash = await hashOf(contexts, inbox);
      const page = await readChanges(db, inbox.serviceId, hash, sequence, limit);
      return await decryptPage(encryption, inbox, page);
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
  const { rest, large } = takeLarge([...first.values()].toReversed(), "sealed");
  const results = await db.write([
    { sql: INSERT_MESSAGES, args: [JSON.stringify(rest), now, large] },
    { sql: RAISE_INBOXES, args: [JSON.stringify(light)] },
  ]);
  const written = new Set(
    rowsOf(results, 0).map((row) => `${uuid(row, "service_id")} ${uuid(row, "id")}`),
  );
  return rows.map((row) => {
    const name = `${row.service_id} ${row.id}`;
    return first.get(name) === row && written.has(name);
  });
}

function sizeOf({ sealed }: MessageRow): number {
  return sealed.length;
}

function selectPage(
  serviceId: string,
  hash: Bytes,
  { unreadOnly, after, offset, limit }: InboxQuery,
): InStatement {
  return {
    sql: selectMessages(unreadOnly ? "INDEXED BY inbox_messages_not_read" : "") +
      (unreadOnly ? " AND m.acknowledged_at IS NULL" : "") +
      (after === undefined ? "" : ` AND m.sequence < (${SEQUENCE_OF})`) +
      " ORDER BY m.sequence DESC LIMIT ?3 OFFSET ?4",
    args: [
      idBytes(serviceId),
      hash,
      limit,
      offset,
      ...(after === undefined ? [] : [idBytes(after)]),
    ],
  };
}

async function decryptPage(
  encryption: Encryption,
  inbox: InboxRef,
  page: ChangePage,
): Promise<InboxChanges> {
  const changes = page.changes.map(async (change): Promise<InboxChange> => {
    if (change.kind !== "message") return change;
    const message = await readMessage(encryption, inbox, change.row);
    return { kind: "message", sequence: change.sequence, message };
  });
  return { ...page, changes: await Promise.all(changes) };
}
