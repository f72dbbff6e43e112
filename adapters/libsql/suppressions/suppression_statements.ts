/**
 * The statements that add and lift suppressions (recipients to whom a service may not send on a channel), for the
 * store and for received texts.
 */
import type { InStatement, InValue } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import {
  MAX_SUPPRESSIONS_FOR_ADDING,
  type NewSuppression,
} from "../../../domain/suppression/suppression.ts";
import type { DataKey } from "../../crypto/envelope_encryption.ts";
import { idBytes } from "../connection/row.ts";

/** Adds a suppression if a condition holds, puts back one that was lifted, and leaves one in force as it is. */
const insertIf = (condition: string) =>
  `INSERT INTO suppressions (service_id, recipient_hash, channel, id, because,
    data_key_id, sealed, created_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ${condition}
  ON CONFLICT (service_id, recipient_hash, channel) DO UPDATE SET id = excluded.id,
    because = excluded.because, notification_id = NULL, data_key_id = excluded.data_key_id,
    sealed = excluded.sealed, created_at = excluded.created_at, lifted_at = NULL,
    lift_data_key_id = NULL, lift_reason = NULL
  WHERE lifted_at IS NOT NULL`;

const HAS_ROOM = `(SELECT count(*) FROM (SELECT 1 FROM suppressions WHERE service_id = ?1
    LIMIT ${MAX_SUPPRESSIONS_FOR_ADDING})) < ${MAX_SUPPRESSIONS_FOR_ADDING}`;

const OPT_OUT = insertIf("EXISTS (SELECT 1 FROM received_texts WHERE service_id = ?1 AND id = ?9)");

const OPT_IN = `UPDATE suppressions SET lifted_at = ?4
  WHERE service_id = ?1 AND channel = ?2 AND recipient_hash = ?3 AND lifted_at IS NULL
    AND because = 'opted-out'
    AND EXISTS (SELECT 1 FROM received_texts WHERE service_id = ?1 AND id = ?5)`;

/** What a suppression's encrypted column holds. */
export interface EncryptedSuppression {
  readonly recipient: string;
  readonly reason?: string;
}

/** The additional authenticated data of a suppression's encrypted column. */
export function suppressionAad(serviceId: ServiceId, id: string): string {
  return `suppression ${serviceId} ${id}`;
}

/**
 * The statement that adds a suppression by an operator. It changes nothing when the recipient is suppressed already,
 * or the service has {@link MAX_SUPPRESSIONS_FOR_ADDING} or more, lifted ones included; a suppression that was lifted
 * is put back.
 *
 * @returns a function that makes the statement; its argument is SQL without parameters: another condition
 */
export async function prepareAdd(
  suppression: NewSuppression,
  key: DataKey,
  now: number,
): Promise<(condition: string) => InStatement> {
  const args = await toArgs(suppression, key, now);
  return (condition) => ({ sql: insertIf(`${HAS_ROOM} AND ${condition}`), args });
}

/**
 * The statement that adds the suppression of a recipient who opts out by a received text (`textId`), if the
 * transaction has stored that text. The number of suppressions is not limited here.
 */
export async function optOutStatement(
  suppression: NewSuppression,
  textId: string,
  key: DataKey,
  now: number,
): Promise<InStatement> {
  return { sql: OPT_OUT, args: [...await toArgs(suppression, key, now), idBytes(textId)] };
}

/**
 * The statement that lifts the suppression of a recipient who opts in again by a received text (`textId`), if the
 * transaction has stored that text. It lifts only a suppression by an opt-out.
 */
export async function optInStatement(
  { serviceId, channel, recipient }: Pick<NewSuppression, "serviceId" | "channel" | "recipient">,
  textId: string,
  key: DataKey,
  now: number,
): Promise<InStatement> {
  const hash = await key.lookup(recipient);
  return { sql: OPT_IN, args: [idBytes(serviceId), channel, hash, now, idBytes(textId)] };
}

/** The arguments ?1 to ?8 of the statement that adds a suppression. */
async function toArgs(
  { serviceId, id, channel, recipient, because, reason }: NewSuppression,
  key: DataKey,
  now: number,
): Promise<InValue[]> {
  const data: EncryptedSuppression = { recipient, ...(reason === undefined ? {} : { reason }) };
  return [
    idBytes(serviceId),
    await key.lookup(recipient),
    channel,
    idBytes(id),
    because,
    idBytes(key.id),
    await key.encrypt(JSON.stringify(data), suppressionAad(serviceId, id)),
    now,
  ];
}
