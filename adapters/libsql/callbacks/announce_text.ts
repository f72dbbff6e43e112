import type { InStatement } from "@libsql/client";
import { inboundPayload, type ReceivedText } from "../../../domain/callbacks/callback_payload.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { DataKey } from "../../crypto/envelope_encryption.ts";
import { idBytes } from "../connection/row.ts";
import { payloadAad } from "./callback_rows.ts";

/**
 * Numbers the delivery, if the statement before it has changed a row. Changes nothing when the service has no callback
 * for received texts.
 */
const NUMBER_TEXT = `UPDATE callbacks SET position = position + 1
  WHERE service_id = ?1 AND kind = 'inbound' AND changes() > 0`;

/** Only if the statement before it has numbered a delivery. */
const INSERT_TEXT = `INSERT INTO callback_deliveries (service_id, kind, number, subject_id, state,
    tries, created_at, due_at, data_key_id, payload)
  SELECT c.service_id, c.kind, c.position, ?2, 'waiting', 0, ?3, ?3, ?4, ?5
  FROM callbacks AS c WHERE c.service_id = ?1 AND c.kind = 'inbound' AND changes() > 0`;

/**
 * Makes the statements that enqueue the callback about a received text (a text message that a person has sent to a
 * number of the service). They come right after the statement that inserts the text: a text that it has not inserted,
 * because it is stored already, is not announced again. They change nothing when the service has no callback for
 * received texts.
 *
 * @param key a data key of the service; it encrypts the text in the queue
 * @param now when the callback is due, in epoch milliseconds
 */
export async function announceText(
  key: DataKey,
  serviceId: ServiceId,
  text: ReceivedText,
  now: number,
): Promise<readonly InStatement[]> {
  const payload = await key.encrypt(
    JSON.stringify(inboundPayload(text)),
    payloadAad(serviceId, text.id),
  );
  return [
    { sql: NUMBER_TEXT, args: [idBytes(serviceId)] },
    {
      sql: INSERT_TEXT,
      args: [idBytes(serviceId), idBytes(text.id), now, idBytes(key.id), payload],
    },
  ];
}
