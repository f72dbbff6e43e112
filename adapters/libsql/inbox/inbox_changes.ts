import type { InStatement } from "@libsql/client";
import type { NotificationId } from "../../../domain/ids.ts";
import type { InboxChange, InboxChanges, InboxCount } from "../../../domain/inbox/inbox_message.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { selectMessages } from "./inbox_statements.ts";
import { integer, rowsOf, text } from "../connection/row.ts";

/** One thing that happened, with a message as it is stored. */
export type StoredChange =
  | { readonly kind: "message"; readonly sequence: number; readonly row: Row }
  | Exclude<InboxChange, { readonly kind: "message" }>;

/** What `changesSince` gives, before messages are opened. */
export type ChangePage = Omit<InboxChanges, "changes"> & {
  readonly changes: readonly StoredChange[];
};

/** Reads what is kept of an inbox; no row for one that nothing was ever put into. */
export function selectHead(serviceId: string, hash: Bytes): InStatement {
  return {
    sql: "SELECT * FROM inboxes WHERE service_id = ? AND recipient_hash = ?",
    args: [serviceId, hash],
  };
}

/** Reads a row of {@link selectHead}. */
export function readCount(head: Row | undefined): InboxCount {
  return head === undefined
    ? { total: 0, unread: 0 }
    : { total: integer(head, "total"), unread: integer(head, "unread") };
}

/** Reads what happened after `since`, at most `limit` changes, all of one state of the database. */
export async function readChanges(
  db: Database,
  serviceId: string,
  hash: Bytes,
  since: number | undefined,
  limit: number,
): Promise<ChangePage> {
  // One more of each than is asked for tells whether there is more.
  const args = [serviceId, hash, since ?? 0, limit + 1];
  const results = await db.read([
    selectHead(serviceId, hash),
    ...(since === undefined ? [] : [{
      sql: selectMessages() +
        " AND m.sequence > ?3 ORDER BY m.sequence LIMIT ?4",
      args,
    }, {
      sql: `SELECT id, acknowledged_sequence
        FROM inbox_messages INDEXED BY inbox_messages_by_acknowledgement
        WHERE service_id = ?1 AND recipient_hash = ?2 AND acknowledged_sequence > ?3
        ORDER BY acknowledged_sequence LIMIT ?4`,
      args,
    }]),
  ]);
  const [head] = rowsOf(results, 0);
  const count = readCount(head);
  const last = head === undefined ? 0 : integer(head, "sequence");
  if (head === undefined || since === undefined) {
    return { sequence: last, count, changes: [], more: false };
  }
  const happened = inOrder(head, rowsOf(results, 1), rowsOf(results, 2), since);
  const changes = happened.slice(0, limit);
  const more = happened.length > limit;
  return { sequence: more ? changes.at(-1)?.sequence ?? since : last, count, changes, more };
}

function inOrder(
  head: Row,
  messages: readonly Row[],
  acknowledged: readonly Row[],
  since: number,
): readonly StoredChange[] {
  const allAt = integer(head, "all_acknowledged_at_sequence");
  const told = new Set(messages.map((row) => text(row, "id")));
  const happened: StoredChange[] = [
    ...messages.map((row): StoredChange => ({
      kind: "message",
      sequence: integer(row, "sequence"),
      row,
    })),
    ...acknowledged
      // A message that is told of as it stands says by itself that it was seen.
      .filter((row) => !told.has(text(row, "id")))
      .map((row): StoredChange => ({
        kind: "acknowledged",
        sequence: integer(row, "acknowledged_sequence"),
        id: text(row, "id") as NotificationId,
      })),
    ...(allAt > since ? [{ kind: "all-acknowledged", sequence: allAt } as const] : []),
  ];
  return happened.toSorted((a, b) => a.sequence - b.sequence);
}
