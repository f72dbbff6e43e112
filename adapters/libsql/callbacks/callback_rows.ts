/** Rows of `callbacks` and `callback_deliveries`, and the encryption of their secrets and payloads. */
import {
  type Callback,
  CALLBACK_KINDS,
  type CallbackRef,
  type CallbackSecrets,
  DELIVERY_STATES,
  type LoggedDelivery,
} from "../../../domain/callbacks/callback.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import {
  blob,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  textOrNull,
  uuid,
} from "../connection/row.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";

/**
 * SQL that selects callbacks `c` with the data key of their secrets, and `waiting`, the number of their deliveries
 * that wait; append a condition on `c`.
 */
export const SELECT_CALLBACK = `SELECT c.*, ${DATA_KEY_COLUMNS},
    (SELECT count(*) FROM callback_deliveries AS w
      WHERE w.service_id = c.service_id AND w.kind = c.kind AND w.state = 'waiting') AS waiting
  FROM callbacks AS c
  CROSS JOIN data_keys AS d ON d.service_id = c.service_id AND d.id = c.data_key_id`;

/** The SQL arguments that name a callback: the bytes of its service's id, and its kind. */
export function callbackKey({ serviceId, kind }: CallbackRef) {
  return [idBytes(serviceId), kind] as const;
}

function secretsAad({ serviceId, kind }: CallbackRef): string {
  return `callback ${serviceId} ${kind}`;
}

/**
 * The additional authenticated data of the encrypted payload of a delivery.
 *
 * @param subjectId the id of the received text that the delivery is about
 */
export function payloadAad(serviceId: ServiceId, subjectId: string): string {
  return `callback-payload ${serviceId} ${subjectId}`;
}

/** Encrypts the secrets of a callback, so that they can be decrypted for this service and kind only. */
export async function encryptSecrets(key: DataKey, ref: CallbackRef, secrets: CallbackSecrets) {
  return await key.encrypt(JSON.stringify(secrets), secretsAad(ref));
}

/** Reads which callback a row of {@link SELECT_CALLBACK} is. */
export function readRef(row: Row): CallbackRef {
  return {
    serviceId: uuid(row, "service_id") as ServiceId,
    kind: oneOf(row, "kind", CALLBACK_KINDS),
  };
}

/** Reads and decrypts the secrets of a row of {@link SELECT_CALLBACK}. */
export async function readSecrets(encryption: Encryption, row: Row): Promise<CallbackSecrets> {
  const ref = readRef(row);
  const key = await dataKeyOf(encryption, ref.serviceId, row);
  return JSON.parse(await key.decrypt(blob(row, "secrets"), secretsAad(ref)));
}

/**
 * Reads the numbers of the events that a replay has yet to send, from `next` to `to`; `undefined` when no replay is
 * under way.
 */
export function readReplay(row: Row): Callback["replay"] {
  const next = integerOrNull(row, "replay_next");
  return next === null ? undefined : { next, to: integer(row, "replay_to") };
}

/** Reads a row of {@link SELECT_CALLBACK}, and decrypts its secrets. */
export async function readCallback(
  encryption: Encryption,
  row: Row,
): Promise<{ readonly callback: Callback; readonly secrets: CallbackSecrets }> {
  const secrets = await readSecrets(encryption, row);
  const pausedUntil = integer(row, "paused_until");
  const callback = {
    ...readRef(row),
    url: secrets.url,
    previousUntil: secrets.previousUntil,
    disabledAt: integerOrNull(row, "disabled_at") ?? undefined,
    pausedUntil: pausedUntil === 0 ? undefined : pausedUntil,
    failures: integer(row, "failures"),
    position: integer(row, "position"),
    waiting: integer(row, "waiting"),
    replay: readReplay(row),
    createdAt: integer(row, "created_at"),
    updatedAt: integer(row, "updated_at"),
  };
  return { callback, secrets };
}

/** Reads a row of `callback_deliveries`, without its encrypted payload. A `NULL` is read as `undefined`. */
export function readDelivery(row: Row): LoggedDelivery {
  return {
    number: integer(row, "number"),
    subjectId: uuid(row, "subject_id"),
    state: oneOf(row, "state", DELIVERY_STATES),
    tries: integer(row, "tries"),
    httpStatus: integerOrNull(row, "http_status") ?? undefined,
    error: textOrNull(row, "error") ?? undefined,
    createdAt: integer(row, "created_at"),
    triedAt: integerOrNull(row, "tried_at") ?? undefined,
    dueAt: integerOrNull(row, "due_at") ?? undefined,
  };
}
