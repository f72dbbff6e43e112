import type { InStatement } from "@libsql/client";
import {
  type Callback,
  type CallbackRef,
  type CallbackSecrets,
  MAX_REPLAY_TEXTS,
  rotateSecret,
} from "../../../domain/callbacks/callback.ts";
import type { CallbackStore, ReplayRefusal } from "../../../domain/ports/callback_store.ts";
import type { NewAuditEntry } from "../../../domain/accounts/audit.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, idBytes, integerOrNull, rowsOf } from "../connection/row.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import {
  callbackKey,
  encryptSecrets,
  readCallback,
  readDelivery,
  SELECT_CALLBACK,
} from "./callback_rows.ts";

const IS_REF = "service_id = ?1 AND kind = ?2";

const SELECT_SERVICE_KEY = `SELECT ${DATA_KEY_COLUMNS} FROM services AS s
  CROSS JOIN data_keys AS d ON d.service_id = s.id AND d.id = s.data_key_id WHERE s.id = ?`;

/** A new callback begins after the newest event of its service, one of received texts with number 1. */
const insertIf = (isHead: string) =>
  `INSERT INTO callbacks (service_id, kind, data_key_id, secrets, position, failures,
    paused_until, lease_until, served_at, created_at, updated_at)
  SELECT s.id, ?2, ?3, ?4, iif(?2 = 'inbound',
      coalesce((SELECT max(number) FROM callback_deliveries WHERE ${IS_REF}), 0),
      coalesce((SELECT max(sequence) FROM service_events WHERE service_id = ?1), 0)),
    0, 0, 0, 0, ?5, ?5
  FROM services AS s WHERE s.id = ?1 AND ${isHead}
  ON CONFLICT DO NOTHING RETURNING kind`;

/** Only if the secrets are those that were read (?6), so that a change by another request is not lost. */
const updateSecretsIf = (isHead: string) =>
  `UPDATE callbacks SET data_key_id = ?3, secrets = ?4, updated_at = ?5
  WHERE ${IS_REF} AND secrets = ?6 AND ${isHead} RETURNING kind`;

/**
 * What was waiting for the endpoint to be put right is due at a time (?3). A pass under way, with the settings of before,
 * records nothing.
 */
const resumeIf = (isHead: string): readonly string[] => [
  `UPDATE callback_deliveries SET due_at = min(due_at, ?3)
    WHERE ${IS_REF} AND state = 'waiting' AND ${isHead}`,
  `UPDATE callbacks SET failures = 0, paused_until = 0, disabled_at = NULL, lease_token = NULL,
    lease_until = 0 WHERE ${IS_REF} AND ${isHead}`,
];

const deleteIf = (isHead: string): readonly string[] => [
  `UPDATE callback_deliveries
    SET state = 'cancelled', due_at = NULL, payload = NULL, data_key_id = NULL
    WHERE ${IS_REF} AND state = 'waiting' AND ${isHead}`,
  `DELETE FROM callbacks WHERE ${IS_REF} AND ${isHead} RETURNING kind`,
];

const SELECT_LOG = `SELECT * FROM callback_deliveries WHERE ${IS_REF} AND number < ?3
  ORDER BY number DESC LIMIT ?4`;

const SELECT_BOUNDS = `SELECT min(sequence) AS oldest, max(sequence) AS last FROM (
    SELECT min(sequence) AS sequence FROM service_events WHERE service_id = ?1
    UNION ALL SELECT max(sequence) FROM service_events WHERE service_id = ?1)`;

/** Begins a replay, unless one is under way. */
const replayEventsIf = (isHead: string) =>
  `UPDATE callbacks SET replay_next = ?3, replay_to = ?4, updated_at = ?5
  WHERE ${IS_REF} AND replay_next IS NULL AND ${isHead} RETURNING kind`;

/** The texts of deliveries that failed are still stored. */
const replayTextsIf = (isHead: string) =>
  `UPDATE callback_deliveries SET state = 'waiting', tries = 0, due_at = ?5
  WHERE (service_id, kind, number) IN (SELECT service_id, kind, number FROM callback_deliveries
    WHERE ${IS_REF} AND number BETWEEN ?3 AND ?4 AND state = 'failed' AND payload IS NOT NULL
    LIMIT ${MAX_REPLAY_TEXTS}) AND ${isHead}`;

interface StoreOptions {
  readonly db: Database;
  readonly encryption: Encryption;
  readonly audit: AuditWriter;
}

/** When a change is made, and its entry of the audit log. */
interface ChangeRecord {
  readonly now: number;
  readonly entry: NewAuditEntry | undefined;
}

/** Reads and writes the rows of callbacks. Their secrets are encrypted with the data key of their service. */
function createCallbackRows({ db, encryption, audit }: StoreOptions) {
  async function readRow(ref: CallbackRef): Promise<Row | undefined> {
    const sql = `${SELECT_CALLBACK} WHERE c.service_id = ? AND c.kind = ?`;
    return rowsOf(await db.read([{ sql, args: [...callbackKey(ref)] }]), 0)[0];
  }

  async function get(ref: CallbackRef): Promise<Callback | undefined> {
    const row = await readRow(ref);
    return row && (await readCallback(encryption, row)).callback;
  }

  /**
   * Changes the secrets of a callback. Repeats when another request has changed them meanwhile.
   *
   * @param toNext returns the new secrets; `undefined` to keep those of before
   * @returns whether they were changed
   */
  async function change(
    ref: CallbackRef,
    toNext: (secrets: CallbackSecrets) => CallbackSecrets | undefined,
    { now, entry }: ChangeRecord,
    more: (isHead: string) => readonly InStatement[] = () => [],
  ): Promise<boolean> {
    for (;;) {
      const row = await readRow(ref);
      if (row === undefined) return false;
      const next = toNext((await readCallback(encryption, row)).secrets);
      if (next === undefined) return false;
      const key = await dataKeyOf(encryption, ref.serviceId, row);
      const encrypted = await encryptSecrets(key, ref, next);
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          ...more(isHead),
          {
            sql: updateSecretsIf(isHead),
            args: [...callbackKey(ref), idBytes(key.id), encrypted, now, blob(row, "secrets")],
          },
        ],
      });
      if (rowsOf(results, results.length - 1).length === 1) return true;
    }
  }

  async function insert(
    ref: CallbackRef,
    secrets: CallbackSecrets,
    { now, entry }: ChangeRecord,
  ): Promise<"created" | "exists" | "no-service"> {
    const [row] = rowsOf(
      await db.read([{ sql: SELECT_SERVICE_KEY, args: [idBytes(ref.serviceId)] }]),
      0,
    );
    if (row === undefined) return "no-service";
    const key = await dataKeyOf(encryption, ref.serviceId, row);
    const encrypted = await encryptSecrets(key, ref, secrets);
    const args = [...callbackKey(ref), idBytes(key.id), encrypted, now];
    const results = await audit.change({
      entry,
      now,
      statements: (isHead) => [{ sql: insertIf(isHead), args }],
    });
    return rowsOf(results, 0).length === 1 ? "created" : "exists";
  }

  return { readRow, get, change, insert };
}

/**
 * Creates the store of callbacks: the endpoints to which a service has its events and received texts sent, one of
 * each kind, and the log of their deliveries.
 */
export function createCallbackStore(options: StoreOptions): CallbackStore {
  const { db, encryption, audit } = options;
  const { readRow, get, change, insert } = createCallbackRows(options);

  async function readBounds(ref: CallbackRef) {
    const results = await db.read([{ sql: SELECT_BOUNDS, args: [idBytes(ref.serviceId)] }]);
    const [row] = rowsOf(results, 0);
    return {
      oldest: row === undefined ? 1 : integerOrNull(row, "oldest") ?? 1,
      last: row === undefined ? 0 : integerOrNull(row, "last") ?? 0,
    };
  }

  return {
    get,
    async set(ref, fields, newSecret, now, entry) {
      const record = { now, entry };
      const resume = (isHead: string) =>
        resumeIf(isHead).map((sql, index) => ({
          sql,
          args: [...callbackKey(ref), ...index === 0 ? [now] : []],
        }));
      for (;;) {
        const isChanged = await change(
          ref,
          (secrets) => ({ ...secrets, ...fields }),
          record,
          resume,
        );
        const inserted = isChanged
          ? "exists"
          : await insert(ref, { ...fields, signingSecret: newSecret }, record);
        if (inserted === "no-service") return undefined;
        // Another request has set it between the two, so it is to be changed after all.
        if (!isChanged && inserted === "exists") continue;
        const callback = await get(ref);
        if (callback !== undefined) return { callback, isNew: inserted === "created" };
      }
    },
    async rotate(ref, newSecret, now, entry) {
      const rotate = (secrets: CallbackSecrets) => rotateSecret(secrets, newSecret, now);
      return await change(ref, rotate, { now, entry }) ? await get(ref) : undefined;
    },
    async rotateSeen(ref, newSecret, previousUntil, now, entry) {
      const rotate = (secrets: CallbackSecrets) =>
        secrets.previousUntil === previousUntil ? rotateSecret(secrets, newSecret, now) : undefined;
      const isChanged = await change(ref, rotate, { now, entry });
      const callback = await get(ref);
      return isChanged || callback === undefined ? callback : "replaced";
    },
    async delete(ref, now, entry) {
      const args = [...callbackKey(ref)];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => deleteIf(isHead).map((sql) => ({ sql, args })),
      });
      return rowsOf(results, 1).length === 1;
    },
    async getSecrets(ref) {
      const row = await readRow(ref);
      return row && (await readCallback(encryption, row)).secrets;
    },
    async readLog(ref, before, limit) {
      const args = [...callbackKey(ref), before ?? Number.MAX_SAFE_INTEGER, limit];
      return rowsOf(await db.readLong([{ sql: SELECT_LOG, args }]), 0).map(readDelivery);
    },
    async replay(ref, from, to, now, entry): Promise<Callback | ReplayRefusal | undefined> {
      if (await readRow(ref) === undefined) return undefined;
      const isInbound = ref.kind === "inbound";
      const bounds = isInbound ? undefined : await readBounds(ref);
      if (bounds !== undefined && (from < bounds.oldest || to > bounds.last)) return bounds;
      const args = [...callbackKey(ref), from, to, now];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: isInbound ? replayTextsIf(isHead) : replayEventsIf(isHead), args },
        ],
      });
      const callback = await get(ref);
      if (callback === undefined || isInbound) return callback;
      return rowsOf(results, 0).length === 1 ? callback : "under-way";
    },
  };
}
