import type { ServiceId } from "../../../domain/ids.ts";
import type {
  AcceptResult,
  AcceptStore,
  RecallOfMany,
} from "../../../domain/ports/accept_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { mapLimit } from "../../crypto/concurrency.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import { commitAccepts } from "./accept_batch.ts";
import {
  type AcceptRow,
  answerContext,
  encryptAnswer,
  sizeOfRow,
  toAcceptRow,
  toChargeRow,
} from "./accept_rows.ts";
import { KEEP_ANSWER, USE_COUNTERS } from "./accept_statements.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database } from "../connection/database.ts";
import {
  commitIndividually,
  groupCommit,
  MAX_BACKGROUND_BATCH,
  MAX_GROUP_SIZE,
  MAX_IDLE_GROUP,
} from "../connection/group_commit.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { blob, integer, rowsOf, text } from "../connection/row.ts";

/** How many accepts of a batch go to a remote database in one round trip. */
const REMOTE_CHUNK = 500;

/**
 * Creates the store that accepts notifications. Single accepts that arrive in one pass of the event loop share a commit
 * when the database is embedded.
 */
export function createAcceptStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): AcceptStore {
  const share = db.embedded ? groupCommit : commitIndividually;
  // A commit of an embedded database blocks every other operation; to a remote one each chunk is a round trip.
  const maxChunk = () =>
    !db.embedded ? REMOTE_CHUNK : db.patient.isBusy() ? MAX_BACKGROUND_BATCH : MAX_IDLE_GROUP;
  const commit = share((rows: readonly AcceptRow[]) => commitAccepts(db, rows), sizeOfRow);

  async function recallMany(
    serviceId: ServiceId,
    keyHashes: readonly string[],
    scopes: readonly string[],
    now: number,
  ): Promise<RecallOfMany> {
    const results = await db.read([
      {
        sql: `SELECT i.key_hash, i.request_hash, i.answer, ${DATA_KEY_COLUMNS}
          FROM json_each(?2) AS k
          CROSS JOIN idempotency AS i ON i.service_id = ?1 AND i.key_hash = k.value
            AND i.expires_at > ?3
          JOIN data_keys AS d ON d.service_id = i.service_id AND d.id = i.data_key_id`,
        args: [serviceId, JSON.stringify(keyHashes), now],
      },
      {
        sql: `SELECT scope, value FROM counters
          WHERE service_id = ? AND scope IN (SELECT value FROM json_each(?))`,
        args: [serviceId, JSON.stringify(scopes)],
      },
    ]);
    const earlier = await Promise.all(
      rowsOf(results, 0).map(async (row) => {
        const keyHash = text(row, "key_hash");
        const key = await dataKeyOf(encryption, serviceId, row);
        const answer = await key.open(blob(row, "answer"), answerContext(serviceId, keyHash));
        return [keyHash, { requestHash: text(row, "request_hash"), answer }] as const;
      }),
    );
    const counters = rowsOf(results, 1)
      .map((counter) => [text(counter, "scope"), integer(counter, "value")] as const);
    return { earlier: new Map(earlier), counters: new Map(counters) };
  }

  /** Splits into chunks that one commit can hold, by number and by size. */
  function chunk<T>(items: readonly T[], sizeOf: (item: T) => number): readonly (readonly T[])[] {
    const chunks: T[][] = [];
    const max = maxChunk();
    let size = Infinity;
    for (const item of items) {
      const last = chunks.at(-1);
      size += sizeOf(item);
      if (last === undefined || last.length === max || size > MAX_GROUP_SIZE) {
        chunks.push([item]);
        size = sizeOf(item);
      } else last.push(item);
    }
    return chunks;
  }

  return {
    recallMany,
    async accept(accept) {
      const key = await contexts.currentDataKey(accept.notification.serviceId);
      return await commit(await toAcceptRow(accept, key, clock.newNotificationId()));
    },
    async acceptMany(accepts) {
      const results: AcceptResult[] = [];
      const sizeOf = ({ notification }: typeof accepts[number]) =>
        2 * notification.personal.body.length;
      for (const unencrypted of chunk(accepts, sizeOf)) {
        const rows = await mapLimit(unencrypted, db.patient.isBusy, async (accept) => {
          const key = await contexts.currentDataKey(accept.notification.serviceId);
          return await toAcceptRow(accept, key, clock.newNotificationId());
        });
        // Encryption makes a row larger, so the rows of a chunk may need several commits.
        for (const batch of chunk(rows, sizeOfRow)) {
          results.push(...await commitAccepts(db.patient, batch));
        }
      }
      return results;
    },
    async remember(serviceId, claim) {
      const key = await contexts.currentDataKey(serviceId);
      const answer = await encryptAnswer(serviceId, claim, key);
      const results = await db.write([{
        sql: `INSERT INTO idempotency
            (service_id, key_hash, request_hash, data_key_id, answer, expires_at)
          VALUES (?, ?, ?, ?, ?, ?) ${KEEP_ANSWER} WHERE idempotency.expires_at <= ?
          RETURNING key_hash`,
        args: [
          serviceId,
          claim.keyHash,
          claim.requestHash,
          key.id,
          answer,
          claim.expiresAt,
          clock.now(),
        ],
      }]);
      return rowsOf(results, 0).length === 1;
    },
    async recall(serviceId, keyHash, scopes, now) {
      const keyHashes = keyHash === undefined ? [] : [keyHash];
      const { earlier, counters } = await recallMany(serviceId, keyHashes, scopes, now);
      return { earlier: keyHash === undefined ? undefined : earlier.get(keyHash), counters };
    },
    async charge(serviceId, charges) {
      const args = [serviceId, JSON.stringify(charges.map(toChargeRow))];
      const results = await db.write([{ sql: USE_COUNTERS, args }]);
      return rowsOf(results, 0).length === charges.length;
    },
  };
}
