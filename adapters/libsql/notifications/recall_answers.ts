import type { ServiceId } from "../../../domain/ids.ts";
import type { Recall, RecallOfMany } from "../../../domain/ports/accept_store.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { blob, idBytes, integer, rowsOf, text } from "../connection/row.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { answerAad } from "./accept_rows.ts";

/**
 * Reads what earlier requests of a service have stored, in one round trip: the answers to idempotency keys, the
 * values of counters, and the service's revision. The maps leave out keys without an unexpired answer, and counters
 * that are not stored. The revision of an unknown service is `undefined`.
 *
 * @param keyHashes the hashes of the idempotency keys
 * @param scopes the names of the counters
 * @param now epoch milliseconds
 */
export async function recallAnswers(
  { db, encryption }: { readonly db: Pick<Database, "readPoint">; readonly encryption: Encryption },
  serviceId: ServiceId,
  keyHashes: readonly string[],
  scopes: readonly string[],
  now: number,
): Promise<RecallOfMany & Pick<Recall, "revision">> {
  const results = await db.readPoint([
    {
      sql: `SELECT i.key_hash, i.request_hash, i.answer, ${DATA_KEY_COLUMNS}
          FROM json_each(?2) AS k
          CROSS JOIN idempotency AS i ON i.service_id = ?1 AND i.key_hash = k.value
            AND i.expires_at > ?3
          JOIN data_keys AS d ON d.service_id = i.service_id AND d.id = i.data_key_id`,
      args: [idBytes(serviceId), JSON.stringify(keyHashes), now],
    },
    {
      sql: `SELECT scope, value FROM counters
          WHERE service_id = ? AND scope IN (SELECT value FROM json_each(?))`,
      args: [idBytes(serviceId), JSON.stringify(scopes)],
    },
    { sql: "SELECT revision FROM services WHERE id = ?", args: [idBytes(serviceId)] },
  ]);
  const earlier = await Promise.all(
    rowsOf(results, 0).map(async (row) => {
      const keyHash = text(row, "key_hash");
      const key = await dataKeyOf(encryption, serviceId, row);
      const answer = await key.decrypt(blob(row, "answer"), answerAad(serviceId, keyHash));
      return [keyHash, { requestHash: text(row, "request_hash"), answer }] as const;
    }),
  );
  const counters = rowsOf(results, 1)
    .map((counter) => [text(counter, "scope"), integer(counter, "value")] as const);
  const revision = rowsOf(results, 2).map((row) => integer(row, "revision"))[0];
  return { earlier: new Map(earlier), counters: new Map(counters), revision };
}
