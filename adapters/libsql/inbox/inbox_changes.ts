import type { InStatement } from "@libsql/client";
import type { NotificationId } from "../../../domain/ids.ts";
import type { InboxChange, InboxChanges, InboxCount } from "../../../domain/inbox/inbox_message.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { selectMessages } from "./inbox_statements.ts";
import { idBytes, integer, rowsOf, uuid } from "../connection/row.ts";

/** A change of an inbox, with the encrypted row of a message in the place of the message. */
export type StoredChange =
  | { readonly kind: "message"; readonly sequence: number; readonly row: Row }
  | Exclude<InboxChange, { readonly kind: "message" }>;

/** The result of `InboxStore.changesSince` before its messages are decrypted. */
export type ChangePage = Omit<InboxChanges, "changes"> & {
  readonly changes: readonly StoredChange[];
};

/**
 * Selects the row of an inbox with its counts and sequence; an inbox that never had a message has none.
 *
 * @param hash the keyed hash of the inbox's person
 */
export function selectHead(serviceId: string, hash: Bytes): InStatement {
  return {
    sql: "SELECT * FROM inboxes WHERE service_id = ? AND recipient_hash = ?",
    args: [idBytes(serviceId), hash],
  };
}

/** Reads the counts in a row of {@link selectHead}; both are 0 without a row. */
export function readCount(head: Row | undefined): InboxCount {
  return head === undefined
    ? { total: 0, unread: 0 }
    : { total: integer(head, "total"), unread: integer(head, "unread") };
}

/**
 * Reads the changes of an inbox after a sequence (its counter of changes), from one state of the database.
 *
 * @param hash the keyed hash of the inbox's person
 * @param since a sequence; `undefined` returns the present sequence and counts without changes
 * @param limit max changes; `more` reports whether there are others
 */
export async function readChanges(
  db: Database,
  serviceId: string,
  hash: Bytes,
  since: number | undefined,
  limit: number,
): Promise<ChangePage> {
  // Fetch `limit + 1` rows to know whether another page exists.
  const args = [idBytes(serviceId), hash, since ?? 0, limit + 1];
  const results = await db.readLong([
    selectHead(serviceId, hash),
    ...(since === undefined ? [] : [{
      sql: selectMessages() +
        " AND m.sequence > ?3 ORDER BY m.sequence LIMIT ?4",
      args,
    }, {
      sql: `SELECT id, acknowledged_sequence
        FROM inbox_messages INDEXED BY inbox_messages_of_acknowledgement
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
  const all = inOrder(head, rowsOf(results, 1), rowsOf(results, 2), since);
  const changes = all.slice(0, limit);
  const more = all.length > limit;
  return { sequence: more ? changes.at(-1)?.sequence ?? since : last, count, changes, more };
}

function inOrder(
  head: Row,
  messages: readonly Row[],
  acknowledged: readonly Row[],
  since: number,
): readonly StoredChange[] {
  const allAt = integer(head, "all_acknowledged_at_sequence");
  const reported = new Set(messages.map((row) => uuid(row, "id")));
  const changes: StoredChange[] = [
    ...messages.map((row): StoredChange => ({
      kind: "message",
      sequence: integer(row, "sequence"),
      row,
    })),
    ...acknowledged
      // A message in this page shows its present state, so its acknowledgement is not repeated.
      .filter((row) => !reported.has(uuid(row, "id")))
      .map((row): StoredChange => ({
        kind: "acknowledged",
        sequence: integer(row, "acknowledged_sequence"),
        id: uuid(row, "id") as NotificationId,
      })),
    ...(allAt > since ? [{ kind: "all-acknowledged", sequence: allAt } as const] : []),
  ];
  return changes.toSorted((a, b) => a.sequence - b.sequence);
}
