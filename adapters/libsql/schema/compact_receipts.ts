/** The copy of receipts: of those only that wait for their notification. */
import { storedText, text } from "../connection/row.ts";
import { unpackId } from "./compact_columns.ts";
import type { KeySource, TableCopy } from "./copy/table_copy.ts";

/** The receipts of some messages (?1, a JSON array of provider, message and the marks by deduplication key). */
const INSERT = `INSERT OR REPLACE INTO new_receipts
    (provider, message_id, mark, service_id, notification_id, kind, code, at, received_at)
  SELECT o.provider, o.message_id, r.value->>2, ${unpackId("id", "o.service_id")},
    ${unpackId("id", "o.notification_id")}, o.kind, o.code, o.at, o.received_at
  FROM json_each(?1) AS r
  CROSS JOIN receipts AS o ON o.provider = r.value->>0 AND o.dedupe_key = r.value->>1
  WHERE o.applied_by IS NULL`;

const selectKeys = (keys: KeySource) => `SELECT k1, k2 FROM ${keys} ORDER BY k1, k2`;

/** The messages that the receipts are of: all of a message's receipts are written together. */
const selectMessages = (keys: KeySource) =>
  `SELECT DISTINCT o.provider, o.message_id FROM ${keys} AS k
    CROSS JOIN receipts AS o ON o.provider = k.k1 AND o.dedupe_key = k.k2`;

const selectWaiting = (keys: KeySource) =>
  `SELECT w.provider, w.dedupe_key FROM (${selectMessages(keys)}) AS m
    CROSS JOIN receipts AS w INDEXED BY receipts_parked
      ON w.provider = m.provider AND w.message_id = m.message_id
    WHERE w.applied_by IS NULL`;

/** How many bytes of the hash make a receipt's mark. */
const MARK_BYTES = 9;

/** The mark of a receipt: a part of the hash of its provider and deduplication key. */
async function toMark(provider: string, dedupeKey: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([provider, dedupeKey]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.subarray(0, MARK_BYTES).toBase64({ alphabet: "base64url" });
}

/**
 * Copies those receipts that wait for their notification to the compact form. One that is deleted after it was copied
 * is not removed from the copy: retention deletes it there too.
 */
export const COPY_RECEIPTS: TableCopy = {
  from: "receipts",
  key: ["provider", "dedupe_key"],
  rows: {
    kind: "rows",
    read: (keys) => [selectKeys(keys), selectMessages(keys), selectWaiting(keys)],
    async write([, messages = [], waiting = []]) {
      const inserts = await Promise.all(waiting.map(async (row) => {
        const provider = text(row, "provider");
        const mark = await toMark(provider, storedText(row, "dedupe_key"));
        return [provider, text(row, "dedupe_key"), mark];
      }));
      const rewritten = messages.map((row) => [text(row, "provider"), text(row, "message_id")]);
      return [
        {
          sql: `DELETE FROM new_receipts WHERE (provider, message_id) IN (
            SELECT value->>0, value->>1 FROM json_each(?1))`,
          args: [JSON.stringify(rewritten)],
        },
        { sql: INSERT, args: [JSON.stringify(inserts)] },
      ];
    },
  },
  remove: () => [],
};
