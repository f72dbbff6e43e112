/** The copy of notifications: with their timeline and provider id, and their reference encrypted. */
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import { blob, storedTextOrNull, text } from "../connection/row.ts";
import { toColumns, unpackId } from "./compact_columns.ts";
import { readDataKeys, selectDataKeys } from "./compact_keys.ts";
import type { KeySource, TableCopy } from "./copy/table_copy.ts";

/** The columns that are copied, an id as its bytes. */
const COPIED = toColumns(`service_id id channel key_kind api_key_id template_id template_version
  sender fragments international urgent status status_at created_at sent_at completed_at
  acknowledged_at complained_at scheduled_for valid_until unless_read job_id job_row provider
  recipient_hash data_key_id`);

/** The id that the notification's provider gave it; that of another provider, when its own gave none. */
const PROVIDER_MESSAGE_ID = `coalesce(
    (SELECT max(m.message_id) FROM provider_messages AS m WHERE m.service_id = o.service_id
      AND m.notification_id = o.id AND m.provider = o.provider),
    (SELECT max(m.message_id) FROM provider_messages AS m WHERE m.service_id = o.service_id
      AND m.notification_id = o.id))`;

/** The timeline, without its first event: every notification was accepted when it was created. */
const EVENTS = `(SELECT json_group_array(json_array(e.at, e.kind, json(e.facts))) FROM (
  SELECT at, kind, facts FROM events AS e
  WHERE e.service_id = o.service_id AND e.notification_id = o.id AND e.kind <> 'accepted'
  ORDER BY e.id) AS e)`;

/** Takes the rows (?1) as a JSON array of the key, the hash of the reference and the personal data, or `null`. */
const INSERT = `INSERT OR REPLACE INTO new_notifications
    (${COPIED.names}, provider_message_id, events, reference_hash, sealed)
  SELECT ${COPIED.values}, ${PROVIDER_MESSAGE_ID}, ${EVENTS}, unhex(r.value->>2),
    coalesce(unhex(r.value->>3), o.sealed)
  FROM json_each(?1) AS r
  CROSS JOIN notifications AS o ON o.service_id = r.value->>0 AND o.id = r.value->>1`;

const select = (keys: KeySource) =>
  `SELECT k.k1, k.k2, o.reference, o.data_key_id, iif(o.reference IS NULL, NULL, o.sealed) AS sealed
    FROM ${keys} AS k CROSS JOIN notifications AS o ON o.service_id = k.k1 AND o.id = k.k2
    ORDER BY k.k1, k.k2`;

/** The row of {@link INSERT}. */
async function toInsert(
  row: Row,
  keys: Awaited<ReturnType<typeof readDataKeys>>,
): Promise<readonly (string | null)[]> {
  const [serviceId, id] = [text(row, "k1"), text(row, "k2")];
  const reference = storedTextOrNull(row, "reference");
  if (reference === null) return [serviceId, id, null, null];
  const key = keys.get(serviceId, text(row, "data_key_id"), `notification ${id}`);
  const aad = `notification ${serviceId} ${id}`;
  const hash = await key.lookup(`reference ${reference}`);
  const personal = await key.decrypt(blob(row, "sealed"), aad).catch(() => undefined);
  // Data that was changed cannot be shown, and so neither can its reference: the row stays as it is.
  if (personal === undefined) return [serviceId, id, hash.toHex(), null];
  const sealed = await key.encrypt(JSON.stringify({ ...JSON.parse(personal), reference }), aad);
  return [serviceId, id, hash.toHex(), sealed.toHex()];
}

async function write(
  [rows = [], dataKeys = []]: readonly (readonly Row[])[],
  encryption: Encryption,
) {
  const keys = await readDataKeys(dataKeys, encryption);
  const inserts = await Promise.all(rows.map((row) => toInsert(row, keys)));
  return [{ sql: INSERT, args: [JSON.stringify(inserts)] }];
}

/** Copies notifications to the compact form, with their timeline and provider id, and encrypts their reference. */
export const COPY_NOTIFICATIONS: TableCopy = {
  from: "notifications",
  key: ["service_id", "id"],
  parts: [
    { table: "events", key: ["service_id", "notification_id"] },
    { table: "provider_messages", key: ["service_id", "notification_id"] },
  ],
  rows: {
    kind: "rows",
    read: (keys) => [select(keys), selectDataKeys("notifications", keys, "o.data_key_id")],
    write,
  },
  remove: (keys) => [
    `DELETE FROM new_notifications WHERE (service_id, id) IN (
      SELECT ${unpackId("id", "k1")}, ${unpackId("id", "k2")} FROM ${keys})`,
  ],
};
