/**
 * Migration 6: the compact form of `compact.ts`. Ids become 16 bytes, timelines and provider ids move into their
 * notification's row, and references and names of jobs are encrypted.
 *
 * The forms are written out here: a released migration never changes, also when the code that reads the tables does.
 */
import { COMPACT_TABLES, COMPACT_TRIGGERS } from "./compact.ts";
import { COPY_JOBS } from "./compact_jobs.ts";
import { COPY_NOTIFICATIONS } from "./compact_notifications.ts";
import { COPY_RECEIPTS } from "./compact_receipts.ts";
import { toColumns, unpackId } from "./compact_columns.ts";
import { requireDataKeys } from "./compact_keys.ts";
import type { CopyMigration, KeyColumns, KeySource, TableCopy } from "./copy/table_copy.ts";
import { keyNames } from "./copy/copy_statements.ts";

/** A table whose rows differ in their ids only. */
function copyIds(from: string, key: KeyColumns, columns: string): TableCopy {
  const { names, values } = toColumns(columns);
  const isRow = key.map((column, at) => `o.${column} = k.${keyNames(key)[at]}`).join(" AND ");
  return {
    from,
    key,
    rows: {
      kind: "sql",
      write: (keys) => [
        `INSERT OR REPLACE INTO new_${from} (${names}) SELECT ${values}
          FROM ${keys} AS k CROSS JOIN ${from} AS o ON ${isRow}`,
      ],
    },
    remove: (keys) => [removeRows(from, key, keys)],
  };
}

function removeRows(from: string, key: KeyColumns, keys: KeySource): string {
  const values = key.map((column, at) => unpackId(column, keyNames(key)[at] ?? ""));
  return `DELETE FROM new_${from} WHERE (${key.join(", ")}) IN (
    SELECT ${values.join(", ")} FROM ${keys})`;
}

const IDEMPOTENCY = copyIds(
  "idempotency",
  // In the order in which answers expire, in which retention deletes them.
  ["expires_at", "service_id", "key_hash"],
  "service_id key_hash request_hash data_key_id answer expires_at",
);

/** Tables that are small, or written by operators only. */
const CONVERTED: Readonly<Record<string, string>> = {
  services: "id name mode active revision settings data_key_id guests created_at updated_at",
  data_keys: "service_id id master_key_id wrapped created_at",
  api_keys: "service_id id name folded_name kind master_key_id secret created_at revoked_at",
  templates: "service_id id number channel version created_at archived_at",
  template_versions: `service_id template_id version name subject body created_at unsubscribe_link
    syntax short_text external_id external_published_at`,
  registry_templates: "service_id channel name template_id attributes",
  senders: "service_id id channel value is_default created_at updated_at",
};

function convert(): readonly string[] {
  return [
    ...Object.entries(CONVERTED).map(([table, columns]) => {
      const { names, values } = toColumns(columns);
      return `INSERT INTO new_${table} (${names}) SELECT ${values} FROM ${table} AS o`;
    }),
    // A queue is due when its first row is.
    `INSERT INTO new_outbox_queues (channel, lane, service_id, turn_at)
      SELECT channel, lane, service_id, min(due_at) FROM new_outbox GROUP BY 1, 2, 3`,
  ];
}

/** Tables of the compact form that the form before does not have. */
const NEW_TABLES = ["outbox_queues"];
/** Tables of the form before whose rows became columns. */
const ENDED_TABLES = ["events", "provider_messages"];

const COMPACT_NAMES = COMPACT_TABLES.map(({ name }) => name);

/** The migration to the compact form, which `copy_tables.ts` runs while a process of the version before serves. */
export const COMPACT: CopyMigration = {
  name: "compact",
  requireReadable: requireDataKeys,
  create: [
    ...COMPACT_TABLES.flatMap(({ name, create, indexes }) => [
      create(`new_${name}`),
      ...indexes?.(`new_${name}`) ?? [],
    ]),
    // The leases of the upkeep, of which one process of many does each part.
    `CREATE TABLE upkeep (
      name TEXT NOT NULL PRIMARY KEY,
      lease_token TEXT NOT NULL,
      lease_until INTEGER NOT NULL,
      position TEXT
    ) WITHOUT ROWID`,
  ],
  copies: [
    COPY_NOTIFICATIONS,
    COPY_RECEIPTS,
    copyIds(
      "outbox",
      ["service_id", "notification_id"],
      `service_id notification_id channel lane task due_at lease_token attempts unresolved`,
    ),
    {
      ...IDEMPOTENCY,
      remove: (keys) => [
        `DELETE FROM new_idempotency WHERE (service_id, key_hash) IN (
          SELECT ${unpackId("service_id", "k2")}, k3 FROM ${keys})`,
      ],
    },
    copyIds("counters", ["service_id", "scope"], "service_id scope value expires_at"),
    copyIds(
      "documents",
      ["service_id", "id"],
      `service_id id notification_id key_hash data_key_id recipient_hash name type size confirm
      created_at expires_at gone_at attempts attempts_since`,
    ),
    copyIds(
      "unsubscribe_requests",
      ["service_id", "id"],
      "service_id id notification_id template_id at",
    ),
    copyIds(
      "inboxes",
      ["service_id", "recipient_hash"],
      "service_id recipient_hash total unread sequence all_acknowledged_at_sequence",
    ),
    copyIds(
      "inbox_messages",
      ["service_id", "recipient_hash", "sequence"],
      `service_id recipient_hash sequence id created_at acknowledged_at acknowledged_sequence
      data_key_id sealed`,
    ),
    copyIds(
      "person_channels",
      ["service_id", "person_hash", "channel"],
      `service_id person_hash channel activated address address_key_id reason reason_key_id
      created_at updated_at`,
    ),
    copyIds(
      "person_settings",
      ["service_id", "person_hash"],
      "service_id person_hash id created_at",
    ),
    copyIds(
      "channel_codes",
      ["service_id", "person_hash", "channel"],
      "service_id person_hash channel id code_hash tries expires_at",
    ),
    COPY_JOBS,
    copyIds(
      "job_parts",
      ["service_id", "job_id", "number"],
      "service_id job_id number first_row last_row created_at data_key_id sealed",
    ),
    copyIds("job_counts", ["service_id", "job_id", "status"], "service_id job_id status rows"),
  ],
  convert: convert(),
  replaced: [...COMPACT_NAMES.filter((name) => !NEW_TABLES.includes(name)), ...ENDED_TABLES],
  droppedTriggers: ["job_row_moved"],
  finish: [
    ...COMPACT_NAMES.map((name) => `ALTER TABLE new_${name} RENAME TO ${name}`),
    ...COMPACT_TRIGGERS,
  ],
};
