import type { InStatement } from "@libsql/client";
import {
  type Callback,
  type CallbackRef,
  type CallbackSecrets,
  MAX_REPLAY_TEXTS,
  rotateSecret,
} from "../../../domain/callbacks/callback.ts";
import type { CallbackStore, ReplayRefusal } from "../../../domain/ports/callback_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
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
const INSERT = `INSERT INTO callbacks (service_id, kind, data_key_id, secrets, position, failures,
    paused_until, lease_until, served_at, created_at, updated_at)
  SELECT s.id, ?2, ?3, ?4, iif(?2 = 'inbound',
      coalesce((SELECT max(number) FROM callback_deliveries WHERE ${IS_REF}), 0),
      coalesce((SELECT max(sequence) FROM service_events WHERE service_id = ?1), 0)),
    0, 0, 0, 0, ?5, ?5
  FROM services AS s WHERE s.id = ?1
  ON CONFLICT DO NOTHING RETURNING kind`;

/** Only if the secrets are those that were read (?6), so that a change by another request is not lost. */
const UPDATE_SECRETS = `UPDATE callbacks SET data_key_id = ?3, secrets = ?4, updated_at = ?5
  WHERE ${IS_REF} AND secrets = ?6 RETURNING kind`;

/** What was waiting for the endpoint to be put right is due now. A pass under way, with the settings of before, records nothing. */
const RESUME: readonly string[] = [
  `UPDATE callbacks SET failures = 0, paused_until = 0, disabled_at = NULL, lease_token = NULL,
    lease_until = 0 WHERE ${IS_REF}`,
  `UPDATE callback_deliveries SET due_at = min(due_at, ?3) WHERE ${IS_REF} AND state = 'waiting'`,
];

const CANCEL_WAITING = `UPDATE callback_deliveries
  SET state = 'cancelled', due_at = NULL, payload = NULL, data_key_id = NULL
  WHERE ${IS_REF} AND state = 'waiting'`;

const SELECT_LOG = `SELECT * FROM callback_deliveries WHERE ${IS_REF} AND number < ?3
  ORDER BY number DESC LIMIT ?4`;

const SELECT_BOUNDS = `SELECT min(sequence) AS oldest, max(sequence) AS last FROM (
    SELECT min(sequence) AS sequence FROM service_events WHERE service_id = ?1
    UNION ALL SELECT max(sequence) FROM service_events WHERE service_id = ?1)`;

/** Begins a replay, unless one is under way. */
const REPLAY_EVENTS = `UPDATE callbacks SET replay_next = ?3, replay_to = ?4, updated_at = ?5
  WHERE ${IS_REF} AND replay_next IS NULL RETURNING kind`;

/** The texts of deliveries that failed are still stored. */
const REPLAY_TEXTS = `UPDATE callback_deliveries SET state = 'waiting', tries = 0, due_at = ?5
  WHERE (service_id, kind, number) IN (SELECT service_id, kind, number FROM callback_deliveries
    WHERE ${IS_REF} AND number BETWEEN ?3 AND ?4 AND state = 'failed' AND payload IS NOT NULL
    LIMIT ${MAX_REPLAY_TEXTS})`;

interface StoreOptions {
  readonly db: Database;
  readonly encryption: Encryption;
}

/** Reads and writes the rows of callbacks. Their secrets are encrypted with the data key of their service. */
function createCallbackRows({ db, encryption }: StoreOptions) {
  async function readRow(ref: CallbackRef): Promise<Row | undefined> {
    const sql = `${SELECT_CALLBACK} WHERE c.service_id = ? AND c.kind = ?`;
    return rowsOf(await db.read([{ sql, args: [...callbackKey(ref)] }]), 0)[0];
  }

  async function get(ref: CallbackRef): Promise<Callback | undefined> {
    const row = await readRow(ref);
    return row && (await readCallback(encryption, row)).callback;
  }

  /** Changes the secrets of a callback. Repeats when another request has changed them meanwhile. */
  async function change(
    ref: CallbackRef,
    toNext: (secrets: CallbackSecrets) => CallbackSecrets,
    now: number,
    more: readonly InStatement[] = [],
  ): Promise<boolean> {
    for (;;) {
      const row = await readRow(ref);
      if (row === undefined) return false;
      const { secrets } = await readCallback(encryption, row);
      const key = await dataKeyOf(encryption, ref.serviceId, row);
      const encrypted = await encryptSecrets(key, ref, toNext(secrets));
      const results = await db.write([{
        sql: UPDATE_SECRETS,
        args: [...callbackKey(ref), idBytes(key.id), encrypted, now, blob(row, "secrets")],
      }, ...more]);
      if (rowsOf(results, 0).length === 1) return true;
    }
  }

  async function insert(
    ref: CallbackRef,
    secrets: CallbackSecrets,
    now: number,
  ): Promise<"created" | "exists" | "no-service"> {
    const [row] = rowsOf(
      await db.read([{ sql: SELECT_SERVICE_KEY, args: [idBytes(ref.serviceId)] }]),
      0,
    );
    if (row === undefined) return "no-service";
    const key = await dataKeyOf(encryption, ref.serviceId, row);
    const encrypted = await encryptSecrets(key, ref, secrets);
    const results = await db.write([
      { sql: INSERT, args: [...callbackKey(ref), idBytes(key.id), encrypted, now] },
    ]);
    return rowsOf(results, 0).length === 1 ? "created" : "exists";
  }

  return { readRow, get, change, insert };
}

/**
 * Creates the store of callbacks: the endpoints to which a service has its events and received texts sent, one of
 * each kind, and the log of their deliveries.
 */
export function createCallbackStore(options: StoreOptions): CallbackStore {
  const { db, encryption } = options;
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
    async set(ref, fields, newSecret, now) {
      for (;;) {
        const resume = RESUME.map((sql, index) => ({
          sql,
          args: [...callbackKey(ref), ...index === 0 ? [] : [now]],
        }));
        const isChanged = await change(ref, (secrets) => ({ ...secrets, ...fields }), now, resume);
        const inserted = isChanged
          ? "exists"
          : await insert(ref, { ...fields, signingSecret: newSecret }, now);
        if (inserted === "no-service") return undefined;
        // Another request has set it between the two, so it is to be changed after all.
        if (!isChanged && inserted === "exists") continue;
        const callback = await get(ref);
        if (callback !== undefined) return { callback, isNew: inserted === "created" };
      }
    },
    async rotate(ref, newSecret, now) {
      const rotate = (secrets: CallbackSecrets) => rotateSecret(secrets, newSecret, now);
      return await change(ref, rotate, now) ? await get(ref) : undefined;
    },
    async delete(ref) {
      const results = await db.write([
        {
          sql: `DELETE FROM callbacks WHERE ${IS_REF} RETURNING kind`,
          args: [...callbackKey(ref)],
        },
        { sql: CANCEL_WAITING, args: [...callbackKey(ref)] },
      ]);
      return rowsOf(results, 0).length === 1;
    },
    async getSecrets(ref) {
      const row = await readRow(ref);
      return row && (await readCallback(encryption, row)).secrets;
    },
    async readLog(ref, before, limit) {
      const args = [...callbackKey(ref), before ?? Number.MAX_SAFE_INTEGER, limit];
      return rowsOf(await db.readLong([{ sql: SELECT_LOG, args }]), 0).map(readDelivery);
    },
    async replay(ref, from, to, now): Promise<Callback | ReplayRefusal | undefined> {
      if (await readRow(ref) === undefined) return undefined;
      if (ref.kind === "inbound") {
        await db.write([{ sql: REPLAY_TEXTS, args: [...callbackKey(ref), from, to, now] }]);
        return await get(ref);
      }
      const bounds = await readBounds(ref);
      if (from < bounds.oldest || to > bounds.last) return bounds;
      const results = await db.write([
        { sql: REPLAY_EVENTS, args: [...callbackKey(ref), from, to, now] },
      ]);
      const callback = await get(ref);
      return callback === undefined || rowsOf(results, 0).length === 1 ? callback : "under-way";
    },
  };
}
