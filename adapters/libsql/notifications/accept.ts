import type {
  AcceptResult,
  AcceptStore,
  IdempotencyClaim,
} from "../../../domain/ports/accept_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import { toChunks } from "../../chunks.ts";
import { mapLimit } from "../../concurrency.ts";
import { cryptoLimit } from "../../crypto/concurrency.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import { commitAccepts } from "./accept_batch.ts";
import {
  type AcceptRow,
  encryptAnswer,
  rejectTooLarge,
  sizeOfRow,
  toAcceptRow,
  toChargeRow,
} from "./accept_rows.ts";
import { INSERT_ANSWER, USE_COUNTERS } from "./accept_statements.ts";
import { recallAnswers } from "./recall_answers.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database } from "../connection/database.ts";
import { shareCommits } from "../connection/share_commits.ts";
import { idBytes, rowsOf } from "../connection/row.ts";

/**
 * Creates the store that accepts notifications: it stores each with its outbox row, first event and counters in one
 * transaction. Single accepts that arrive while a commit is under way share the next one.
 */
export function createAcceptStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): AcceptStore {
  // A commit of an embedded database blocks every other operation; to a remote one each chunk is a round trip.
  const maxChunk = () => db.background.maxGroupItems();
  const commit = shareCommits(
    db,
    (rows: readonly AcceptRow[]) => commitAccepts(db, rows),
    sizeOfRow,
  );

  return {
    async recallMany(...query) {
      const { earlier, counters } = await recallAnswers({ db, encryption }, ...query);
      return { earlier, counters };
    },
    async accept(accept) {
      const key = await contexts.currentDataKey(accept.notification.serviceId);
      const row = await toAcceptRow(accept, key);
      return rejectTooLarge(row, db.maxValueBytes) ?? await commit(row);
    },
    async acceptMany(accepts) {
      const results: AcceptResult[] = [];
      const sizeOf = ({ notification }: typeof accepts[number]) =>
        2 * notification.personal.body.length;
      for (
        const unencrypted of toChunks(accepts, {
          maxItems: maxChunk(),
          maxSize: db.maxGroupSize,
          sizeOf,
        })
      ) {
        const rows = await mapLimit(
          unencrypted,
          cryptoLimit(db.background.isBusy),
          async (accept) => {
            const key = await contexts.currentDataKey(accept.notification.serviceId);
            return await toAcceptRow(accept, { ...key, encrypt: key.encryptInBackground });
          },
        );
        // Encryption makes a row larger, so the rows of a chunk may need several commits.
        const limits = { maxItems: maxChunk(), maxSize: db.maxGroupSize, sizeOf: sizeOfRow };
        for (const batch of toChunks(rows, limits)) {
          results.push(...await commitFitting(db, batch));
        }
      }
      return results;
    },
    async storeAnswer(serviceId, claim) {
      const key = await contexts.currentDataKey(serviceId);
      const answer = await encryptAnswer(serviceId, claim, key);
      const results = await db.write([
        rememberAnswer(serviceId, claim, { keyId: key.id, answer, now: clock.now() }),
      ]);
      return rowsOf(results, 0).length === 1;
    },
    async recall(serviceId, keyHash, scopes, now) {
      const keyHashes = keyHash === undefined ? [] : [keyHash];
      const { earlier, ...rest } = await recallAnswers(
        { db, encryption },
        serviceId,
        keyHashes,
        scopes,
        now,
      );
      return { earlier: keyHash === undefined ? undefined : earlier.get(keyHash), ...rest };
    },
    async charge(serviceId, charges) {
      const args = [idBytes(serviceId), JSON.stringify(charges.map(toChargeRow))];
      const results = await db.write([{ sql: USE_COUNTERS, args }]);
      return rowsOf(results, 0).length === charges.length;
    },
  };
}

/** Commits the rows that the database can hold, and rejects the others. */
async function commitFitting(
  { background, maxValueBytes }: Database,
  rows: readonly AcceptRow[],
): Promise<readonly AcceptResult[]> {
  const rejections = rows.map((row) => rejectTooLarge(row, maxValueBytes));
  const fitting = rows.filter((_, index) => rejections[index] === undefined);
  const results = fitting.length === 0 ? [] : await commitAccepts(background, fitting);
  const next = results.values();
  return rejections.flatMap((rejection) => rejection ?? next.next().value ?? []);
}

/** Keeps the answer to an idempotency key, unless an unexpired one is stored. Returns a row if it was kept. */
function rememberAnswer(
  serviceId: ServiceId,
  { keyHash, requestHash, expiresAt }: IdempotencyClaim,
  { keyId, answer, now }: {
    readonly keyId: string;
    readonly answer: Uint8Array;
    readonly now: number;
  },
): InStatement {
  return {
    sql: `${INSERT_ANSWER} SELECT ?1, ?2, ?3, ?4, ?5, ?6
      WHERE NOT EXISTS (SELECT 1 FROM idempotency
        WHERE service_id = ?1 AND key_hash = ?2 AND expires_at > ?7)
      RETURNING key_hash`,
    args: [
      idBytes(serviceId),
      keyHash,
      requestHash,
      idBytes(keyId),
      answer,
      expiresAt,
      now,
    ],
  };
}
