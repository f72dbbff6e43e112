import type { InStatement } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type {
  Accept,
  AcceptStore,
  IdempotencyClaim,
  RecallOfMany,
} from "../../../domain/ports/accept_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { QuotaCharge } from "../../../domain/sending/limits.ts";
import { toChunks } from "../../chunks.ts";
import { mapLimit } from "../../concurrency.ts";
import { cryptoLimit } from "../../crypto/concurrency.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import {
  COUNT_JOB_ROWS,
  INSERT_ANSWERS,
  INSERT_CHARGES,
  INSERT_EVENTS,
  INSERT_NOTIFICATIONS,
  INSERT_OUTBOX,
  KEEP_ANSWER,
  KEEP_DOCUMENTS,
  USE_COUNTERS,
} from "./accept_statements.ts";
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
import { encryptPersonal, notificationAad } from "./notification_rows.ts";
import { blob, hex, integer, rowsOf, text, toStored, toStoredOrNull } from "../connection/row.ts";

/** One accept as the statements below read it: a JSON object a notification. */
type AcceptRow = Readonly<Record<string, unknown>>;

/** How many of a list one round trip to a remote database takes. */
const REMOTE_STEP = 500;

/** Makes the way in of notifications. Accepts of one turn share a commit when the database is embedded. */
export function createAcceptStore(
  { db, encryption, contexts, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly clock: Clock;
  },
): AcceptStore {
  const share = db.embedded ? groupCommit : commitIndividually;
  // An embedded database does nothing else meanwhile; to a remote one every step is a round trip.
  const step = () =>
    !db.embedded ? REMOTE_STEP : db.background.isBusy() ? MAX_BACKGROUND_BATCH : MAX_IDLE_GROUP;
  const commit = share(
    (rows: readonly AcceptRow[]) => commitAccepts(db, rows),
    sizeOf,
  );

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
        const answer = await key.decrypt(blob(row, "answer"), answerAad(serviceId, keyHash));
        return [keyHash, { requestHash: text(row, "request_hash"), answer }] as const;
      }),
    );
    const counters = rowsOf(results, 1)
      .map((counter) => [text(counter, "scope"), integer(counter, "value")] as const);
    return { earlier: new Map(earlier), counters: new Map(counters) };
  }

  /** Splits items into what one commit may hold. */
  function toCommits<T>(
    items: readonly T[],
    sizeOf: (item: T) => number,
  ): readonly (readonly T[])[] {
    return toChunks(items, { maxItems: step(), maxSize: MAX_GROUP_SIZE, sizeOf });
  }

  return {
    recallMany,
    async accept(accept) {
      const key = await contexts.currentDataKey(accept.notification.serviceId);
      return await commit(await toRow(accept, key, clock.newNotificationId()));
    },
    async acceptMany(accepts) {
      const verdicts: boolean[] = [];
      for (
        const some of toCommits(
          accepts,
          ({ notification }) => 2 * notification.personal.body.length,
        )
      ) {
        const rows = await mapLimit(some, cryptoLimit(db.background.isBusy), async (accept) => {
          const key = await contexts.currentDataKey(accept.notification.serviceId);
          return await toRow(accept, key, clock.newNotificationId());
        });
        for (const part of toCommits(rows, sizeOf)) {
          verdicts.push(...await commitAccepts(db.background, part));
        }
      }
      return verdicts;
    },
    async remember(serviceId, claim) {
      const key = await contexts.currentDataKey(serviceId);
      const sealed = await encryptAnswer(serviceId, claim, key);
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
          sealed,
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
      const args = [serviceId, JSON.stringify(charges.map(toRowCharge))];
      const results = await db.write([{ sql: USE_COUNTERS, args }]);
      return rowsOf(results, 0).length === charges.length;
    },
  };
}

function sizeOf({ sealed, answer }: AcceptRow): number {
  return String(sealed).length + String(answer).length;
}

async function commitAccepts(
  db: Pick<Database, "write">,
  rows: readonly AcceptRow[],
): Promise<readonly boolean[]> {
  const batch = chargeInOrder(firstOfEachKey(rows));
  // SQLite writes a row's JSON out anew for each statement, so each is given what it needs and no more.
  const whole = batch.map(({ answer: _, documents: __, event_id: ___, due_at: ____, ...row }) =>
    row
  );
  const outbox = batch.map(({ service_id, id, lane, due_at, lease_token }) => ({
    service_id,
    id,
    lane,
    due_at,
    lease_token,
  }));
  const events = batch.map(({ service_id, id, event_id }) => ({ service_id, id, event_id }));
  const charges = batch.filter(isCharged)
    .map(({ service_id, id, charges }) => ({ service_id, id, charges }));
  const ofJobs = batch.filter(({ job_id }) => job_id !== null)
    .map(({ service_id, id }) => ({ service_id, id }));
  const answers = batch.filter((row) => row.key_hash !== null)
    .map(({ sealed: _, charges: __, documents: ___, ...row }) => row);
  const withFiles = batch.filter(({ documents }) => documents !== null)
    .map(({ service_id, id, documents }) => ({ service_id, id, documents }));
  const results = await db.write([
    statement(INSERT_NOTIFICATIONS, whole),
    statement(INSERT_OUTBOX, outbox),
    statement(INSERT_EVENTS, events),
    ...(charges.length === 0 ? [] : [statement(INSERT_CHARGES, charges)]),
    ...(ofJobs.length === 0 ? [] : [statement(COUNT_JOB_ROWS, ofJobs)]),
    ...(answers.length === 0 ? [] : [statement(INSERT_ANSWERS, answers)]),
    ...(withFiles.length === 0 ? [] : [statement(KEEP_DOCUMENTS, withFiles)]),
  ]);
  const accepted = new Set(rowsOf(results, 0).map((row) => text(row, "id")));
  return rows.map((row) => accepted.has(String(row.id)));
}

function statement(sql: string, rows: readonly AcceptRow[]): InStatement {
  return { sql, args: [JSON.stringify(rows)] };
}

function isCharged({ charges }: AcceptRow): boolean {
  return Array.isArray(charges) && charges.length > 0;
}

/** Leaves out the accepts whose idempotency key another one of the batch has taken. */
function firstOfEachKey(rows: readonly AcceptRow[]): readonly AcceptRow[] {
  const taken = new Set<string>();
  return rows.filter((row) => {
    if (row.key_hash === null) return true;
    const name = `${row.service_id} ${row.key_hash}`;
    if (taken.has(name)) return false;
    taken.add(name);
    return true;
  });
}

interface RowCharge {
  readonly scope: string;
  readonly step: number;
}

/**
 * Says for each charge what the counter must have room for: its own step and those of the accepts before it in the
 * batch. The latest come first, for which a bucket has the most room: where one is refused, so are rightly those after
 * it. Only one that is refused by another of its charges takes room from them; then they are judged again.
 */
function chargeInOrder(rows: readonly AcceptRow[]): readonly AcceptRow[] {
  const sums = new Map<string, number>();
  const latestFirst = rows.toSorted((a, b) => Number(b.created_at) - Number(a.created_at));
  return latestFirst.map((row) => {
    const charges = (row.charges as readonly RowCharge[]).map((charge) => {
      const name = `${row.service_id} ${charge.scope}`;
      const upTo = (sums.get(name) ?? 0) + charge.step;
      sums.set(name, upTo);
      return { ...charge, up_to: upTo };
    });
    return { ...row, charges };
  });
}

async function toRow(accept: Accept, key: DataKey, eventId: string): Promise<AcceptRow> {
  const { notification, idempotency, lease } = accept;
  const { personal, delivery = {} } = notification;
  const context = notificationAad(notification.serviceId, notification.id);
  const [sealed, recipientHash, answer] = await Promise.all([
    encryptPersonal(personal, key, context),
    key.lookup(personal.recipient),
    idempotency === undefined ? undefined : encryptAnswer(notification.serviceId, idempotency, key),
  ]);
  return {
    service_id: notification.serviceId,
    revision: accept.revision,
    id: notification.id,
    event_id: eventId,
    channel: notification.channel,
    key_kind: notification.keyKind,
    api_key_id: notification.keyId,
    template_id: notification.templateId,
    template_version: notification.templateVersion,
    reference: toStoredOrNull(notification.reference),
    sender: toStored(notification.sender),
    fragments: notification.fragments,
    international: notification.international ? 1 : 0,
    created_at: notification.createdAt,
    recipient_hash: hex(recipientHash),
    data_key_id: key.id,
    sealed: hex(sealed),
    scheduled_for: delivery.scheduledFor ?? null,
    valid_until: delivery.validUntil ?? null,
    urgent: delivery.urgent === true ? 1 : 0,
    unless_read: delivery.unlessRead ?? null,
    job_id: delivery.job?.id ?? null,
    job_row: delivery.job?.row ?? null,
    job_lease: accept.jobLease ?? null,
    lane: accept.ofList === true ? 1 : 0,
    due_at: lease?.until ?? accept.dueAt ?? notification.createdAt,
    lease_token: lease?.token ?? null,
    charges: accept.charges.map(toRowCharge),
    key_hash: idempotency?.keyHash ?? null,
    request_hash: idempotency?.requestHash ?? null,
    answer: answer === undefined ? null : hex(answer),
    answer_expires_at: idempotency?.expiresAt ?? null,
    documents: accept.documents?.length ? accept.documents : null,
  };
}

function toRowCharge({ scope, floor, step, limit, expiresAt }: QuotaCharge) {
  return { scope, floor, step, limit, expires_at: expiresAt };
}

function answerAad(serviceId: string, keyHash: string): string {
  return `answer ${serviceId} ${keyHash}`;
}

function encryptAnswer(serviceId: ServiceId, claim: IdempotencyClaim, key: DataKey) {
  return key.encrypt(claim.answer, answerAad(serviceId, claim.keyHash));
}
