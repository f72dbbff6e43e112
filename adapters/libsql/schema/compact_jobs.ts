/** The copy of jobs: their name and the name of their file are encrypted. */
import type { Row } from "../connection/database.ts";
import { storedText, storedTextOrNull, text } from "../connection/row.ts";
import { toColumns, unpackId } from "./compact_columns.ts";
import { readDataKeys, selectDataKeys } from "./compact_keys.ts";
import type { KeySource, TableCopy } from "./copy/table_copy.ts";

const COPIED = toColumns(`service_id id channel template_id template_version key_kind api_key_id
  sender_id status row_count scheduled_for valid_until urgent held allow_duplicates created_at
  started_at finished_at error key_hash file_hash claim_expires_at due_at lease_token`);

/** The data key that encrypts what the service stores now. */
const CURRENT_KEY = "(SELECT s.data_key_id FROM services AS s WHERE s.id = o.service_id)";

const INSERT = `INSERT OR REPLACE INTO new_jobs (${COPIED.names}, data_key_id, sealed)
  SELECT ${COPIED.values}, unhex(r.value->>2, '-'), unhex(r.value->>3)
  FROM json_each(?1) AS r
  CROSS JOIN jobs AS o ON o.service_id = r.value->>0 AND o.id = r.value->>1`;

const select = (keys: KeySource) =>
  `SELECT k.k1, k.k2, o.name, o.file_name, ${CURRENT_KEY} AS data_key_id
    FROM ${keys} AS k CROSS JOIN jobs AS o ON o.service_id = k.k1 AND o.id = k.k2
    ORDER BY k.k1, k.k2`;

async function toInsert(
  row: Row,
  keys: Awaited<ReturnType<typeof readDataKeys>>,
): Promise<readonly string[]> {
  const [serviceId, id] = [text(row, "k1"), text(row, "k2")];
  const keyId = text(row, "data_key_id");
  const names = { name: storedText(row, "name"), fileName: storedTextOrNull(row, "file_name") };
  const sealed = await keys.get(serviceId, keyId, `job ${id}`)
    .encrypt(JSON.stringify(names), `job ${serviceId} ${id}`);
  return [serviceId, id, keyId, sealed.toHex()];
}

/** Copies jobs to the compact form, and encrypts their name and the name of their file. */
export const COPY_JOBS: TableCopy = {
  from: "jobs",
  key: ["service_id", "id"],
  rows: {
    kind: "rows",
    read: (keys) => [select(keys), selectDataKeys("jobs", keys, CURRENT_KEY)],
    async write([rows = [], dataKeys = []], encryption) {
      const keys = await readDataKeys(dataKeys, encryption);
      const inserts = await Promise.all(rows.map((row) => toInsert(row, keys)));
      return [{ sql: INSERT, args: [JSON.stringify(inserts)] }];
    },
  },
  remove: (keys) => [
    `DELETE FROM new_jobs WHERE (service_id, id) IN (
      SELECT ${unpackId("id", "k1")}, ${unpackId("id", "k2")} FROM ${keys})`,
  ],
};
