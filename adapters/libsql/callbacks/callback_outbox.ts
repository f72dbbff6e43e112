import type { InStatement } from "@libsql/client";
import type { CallbackKind, CallbackRef } from "../../../domain/callbacks/callback.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type {
  CallbackOutbox,
  LeasedCallback,
  PassResult,
  WaitingDelivery,
} from "../../../domain/ports/callback_outbox.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, idBytes, integer, rowsOf, uuid } from "../connection/row.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { callbackKey, payloadAad, readRef, readReplay, readSecrets } from "./callback_rows.ts";

/** How often a process looks on a server, at most: each look reads some rows of every callback. */
const REMOTE_LOOK_EVERY_MS = 1_000;

/** Whether something of a callback `c` is to be sent at a time (?1). Each part is one look into an index. */
const IS_DUE = `c.disabled_at IS NULL AND c.lease_until <= ?1 AND c.paused_until <= ?1 AND (
    (c.kind <> 'inbound' AND (c.replay_next IS NOT NULL OR c.position <
      (SELECT max(sequence) FROM service_events AS e WHERE e.service_id = c.service_id)))
    OR EXISTS (SELECT 1 FROM callback_deliveries AS w WHERE w.service_id = c.service_id
      AND w.kind = c.kind AND w.state = 'waiting' AND w.due_at <= ?1))`;

const SELECT_DUE = `SELECT EXISTS (SELECT 1 FROM callbacks AS c) AS any_set,
  EXISTS (SELECT 1 FROM callbacks AS c WHERE ${IS_DUE}) AS any_due`;

const CLAIM = `UPDATE callbacks SET lease_token = ?2, lease_until = ?3, served_at = ?1
  WHERE (service_id, kind) IN (SELECT c.service_id, c.kind FROM callbacks AS c WHERE ${IS_DUE}
    ORDER BY c.served_at LIMIT ?4)`;

const SELECT_CLAIMED = `SELECT c.*, ${DATA_KEY_COLUMNS} FROM callbacks AS c
  CROSS JOIN data_keys AS d ON d.service_id = c.service_id AND d.id = c.data_key_id
  WHERE c.lease_token = ?1`;

const SELECT_WAITING = `SELECT w.number, w.subject_id, w.tries, w.due_at, w.payload,
    ${DATA_KEY_COLUMNS}
  FROM callback_deliveries AS w
  LEFT JOIN data_keys AS d ON d.service_id = w.service_id AND d.id = w.data_key_id
  WHERE w.service_id = ?1 AND w.kind = ?2 AND w.state = 'waiting' ORDER BY w.number LIMIT ?3`;

const HOLDS_LEASE = "service_id = ?1 AND kind = ?2 AND lease_token = ?3";

/** Writes the deliveries of a pass (?4, as JSON). A payload is kept until its delivery is done. */
const WRITE_RECORDS = `INSERT INTO callback_deliveries (service_id, kind, number, subject_id, state,
    tries, http_status, error, created_at, tried_at, due_at)
  SELECT ?1, ?2, r.value->>'n', unhex(r.value->>'s'), r.value->>'state', r.value->>'tries',
    r.value->>'http', r.value->>'error', ?5, r.value->>'tried', r.value->>'due'
  FROM json_each(?4) AS r WHERE EXISTS (SELECT 1 FROM callbacks WHERE ${HOLDS_LEASE})
  ON CONFLICT DO UPDATE SET state = excluded.state, tries = excluded.tries,
    http_status = iif(excluded.tried_at IS NULL, http_status, excluded.http_status),
    error = iif(excluded.tried_at IS NULL, error, excluded.error),
    tried_at = coalesce(excluded.tried_at, tried_at), due_at = excluded.due_at,
    payload = iif(excluded.state = 'done', NULL, payload),
    data_key_id = iif(excluded.state = 'done', NULL, data_key_id)`;

const MAKE_DUE = `UPDATE callback_deliveries SET due_at = ?4 WHERE service_id = ?1 AND kind = ?2
  AND state = 'waiting' AND due_at > ?4 AND EXISTS (SELECT 1 FROM callbacks WHERE ${HOLDS_LEASE})`;

/** A replay that began meanwhile stays: its numbers are others than those that were read (?10). */
const WRITE_CALLBACK = `UPDATE callbacks SET position = max(position, ?4), failures = ?5,
    paused_until = ?6, disabled_at = ?7, lease_until = ?8, lease_token = iif(?8 = 0, NULL, ?3),
    replay_to = iif(replay_next IS ?10 AND ?9 IS NULL, NULL, replay_to),
    replay_next = iif(replay_next IS ?10, ?9, replay_next)
  WHERE ${HOLDS_LEASE} RETURNING kind`;

/** The end of a lease is that of a lease that ends late, unless no lease is held. */
const RENEW =
  `UPDATE callbacks SET lease_until = ?2 WHERE lease_token IS NOT NULL AND lease_until > ?1`;

/**
 * Creates the outbox of callbacks: the requests that Hark sends to the services' endpoints. A lease covers one
 * callback (one kind of a service). Only the process that holds it sends that callback's requests, so that their
 * order and limits hold for all processes together.
 */
export function createCallbackOutbox(
  { db, encryption, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly clock: Pick<Clock, "newId">;
  },
): CallbackOutbox {
  /** The count of writes when no service had a callback: an embedded database has none until it changes. */
  let noneSince: number | undefined;

  async function toLeased(row: Row, token: string): Promise<LeasedCallback> {
    return {
      ...readRef(row),
      token,
      secrets: await readSecrets(encryption, row),
      health: { failures: integer(row, "failures"), pausedUntil: integer(row, "paused_until") },
      position: integer(row, "position"),
      replay: readReplay(row),
    };
  }

  async function readPayload(serviceId: ServiceId, row: Row): Promise<string | undefined> {
    if (row.payload === null) return undefined;
    const key = await dataKeyOf(encryption, serviceId, row);
    return await key.decrypt(blob(row, "payload"), payloadAad(serviceId, uuid(row, "subject_id")));
  }

  return {
    lookEveryMs: db.embedded ? 0 : REMOTE_LOOK_EVERY_MS,
    async hasDue(now) {
      const writes = db.countWrites();
      if (writes !== undefined && writes === noneSince) return false;
      const [row] = rowsOf(await db.background.read([{ sql: SELECT_DUE, args: [now] }]), 0);
      noneSince = row?.any_set === 0 ? writes : undefined;
      return row?.any_due === 1;
    },
    async claim(now, until, limit) {
      const token = clock.newId();
      const results = await db.background.write([
        { sql: CLAIM, args: [now, token, until, limit] },
        { sql: SELECT_CLAIMED, args: [token] },
      ]);
      return await Promise.all(rowsOf(results, 1).map((row) => toLeased(row, token)));
    },
    async readWaiting(callback, limit) {
      const results = await db.background.read([
        { sql: SELECT_WAITING, args: [...callbackKey(callback), limit] },
      ]);
      return await Promise.all(
        rowsOf(results, 0).map(async (row): Promise<WaitingDelivery> => ({
          number: integer(row, "number"),
          subjectId: uuid(row, "subject_id"),
          tries: integer(row, "tries"),
          dueAt: integer(row, "due_at"),
          payload: await readPayload(callback.serviceId, row),
        })),
      );
    },
    async record(callback, result, now, until) {
      const results = await db.background.write(recordStatements(callback, result, now, until));
      return rowsOf(results, results.length - 1).length === 1;
    },
    async renewLeases(endingAfter, until) {
      await db.background.write([{ sql: RENEW, args: [endingAfter, until] }]);
    },
  };
}

function recordStatements(
  callback: LeasedCallback,
  { records, health, position, replay, isGone, hasRecovered }: PassResult,
  now: number,
  until: number,
): readonly InStatement[] {
  const lease = leaseOf(callback, callback.token);
  const values = records.map((record) => ({
    n: record.number,
    s: record.subjectId.replaceAll("-", ""),
    state: record.state,
    tries: record.tries,
    http: record.httpStatus ?? null,
    error: record.error ?? null,
    tried: record.triedAt ?? null,
    due: record.dueAt ?? null,
  }));
  return [
    ...records.length === 0
      ? []
      : [{ sql: WRITE_RECORDS, args: [...lease, JSON.stringify(values), now] }],
    ...hasRecovered ? [{ sql: MAKE_DUE, args: [...lease, now] }] : [],
    {
      sql: WRITE_CALLBACK,
      args: [
        ...lease,
        position,
        health.failures,
        health.pausedUntil,
        isGone ? now : null,
        until,
        replay?.next ?? null,
        callback.replay?.next ?? null,
      ],
    },
  ];
}

function leaseOf(
  { serviceId, kind }: CallbackRef,
  token: string,
): [Uint8Array, CallbackKind, string] {
  return [idBytes(serviceId), kind, token];
}
