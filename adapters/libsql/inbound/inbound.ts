import type { InStatement, InValue } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import type { ReceivedText } from "../../../domain/inbound/received_text.ts";
import type {
  InboundStore,
  NewReceivedText,
  ReceivedTextQuery,
} from "../../../domain/ports/inbound_store.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import { pageOrder } from "../connection/page_order.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, idBytes, integer, rowsOf, uuid } from "../connection/row.ts";
import { announceText } from "../callbacks/announce_text.ts";
import { createDeploymentKey } from "../keys/deployment_key.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import { readService } from "../services/service_rows.ts";
import { optInStatement, optOutStatement } from "../suppressions/suppression_statements.ts";
import { createNumberStore, numberText } from "./inbound_numbers.ts";
import { RETENTION_DAYS_OF_SMS } from "../notifications/retention_days.ts";

/** Recognises a text that was delivered before: the first of its transaction, which the next statement asks about. */
const INSERT_MARK = `INSERT INTO received_text_marks (mark, at) VALUES (?, ?)
  ON CONFLICT DO NOTHING`;

const INSERT_TEXT = `INSERT INTO received_texts (service_id, id, sender_hash, data_key_id, sealed,
    created_at)
  SELECT ?, ?, ?, ?, ?, ? WHERE changes() = 1 RETURNING 1`;

/** The texts of a service that its retention keeps at a time (?2), newest first; append further conditions on `t`. */
const SELECT_KEPT = `SELECT t.*, ${DATA_KEY_COLUMNS} FROM received_texts AS t
  CROSS JOIN data_keys AS d ON d.service_id = t.service_id AND d.id = t.data_key_id
  WHERE t.service_id = ?1 AND t.created_at >= (SELECT ?2 - ${DAY_MS} * ${RETENTION_DAYS_OF_SMS}
    FROM services AS s WHERE s.id = ?1)`;

/** Sorts after every id. */
const AFTER_EVERY_ID = Uint8Array.of(0xff);

/** What a received text's encrypted column holds. */
type EncryptedText = Pick<ReceivedText, "from" | "to" | "message"> & { readonly reply?: string };

function textAad(serviceId: ServiceId, id: string): string {
  return `received-text ${serviceId} ${id}`;
}

/** The text whose keyed hash finds a sender's texts. */
function senderText(from: string): string {
  return `sender ${from}`;
}

/** Creates the store of the telephone numbers of services, and of the text messages that people send to them. */
export function createInboundStore(
  { db, encryption, contexts, audit, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly audit: AuditWriter;
    readonly clock: { now(): number };
  },
): InboundStore {
  const deploymentKey = createDeploymentKey(db, encryption, clock);

  async function readPage(
    serviceId: ServiceId,
    condition: string,
    args: readonly InValue[],
    { limit, ...position }: ReceivedTextQuery,
    now: number,
  ): Promise<readonly ReceivedText[]> {
    const { beside, sign, direction, inOrder } = pageOrder(position);
    const results = await db.readLong([{
      sql: `${SELECT_KEPT} AND t.id ${sign} ?4 ${condition} ORDER BY t.id ${direction} LIMIT ?3`,
      args: [
        idBytes(serviceId),
        now,
        limit,
        beside === undefined ? AFTER_EVERY_ID : idBytes(beside),
        ...args,
      ],
    }]);
    const rows = inOrder(rowsOf(results, 0));
    return await Promise.all(rows.map((row) => readText(encryption, row)));
  }

  return {
    ...createNumberStore({ db, encryption, contexts, audit, deploymentKey }),
    async findService(number) {
      const key = await deploymentKey();
      const [row] = rowsOf(
        await db.readPoint([{
          sql: `SELECT s.* FROM inbound_numbers AS i JOIN services AS s ON s.id = i.service_id
            WHERE i.number_hash = ?`,
          args: [await key.lookup(numberText(number))],
        }]),
        0,
      );
      return row && readService(row);
    },
    async receive(received, now) {
      const { provider, providerMessageId } = received.text;
      const mark = await (await deploymentKey()).lookup(`text ${provider} ${providerMessageId}`);
      const key = await contexts.currentDataKey(received.serviceId);
      const results = await db.write([
        { sql: INSERT_MARK, args: [mark, now] },
        await toInsert(received, key, now),
        ...await announceText(key, received.serviceId, toAnnounced(received, now), now),
        ...await keywordStatements(received, key, now),
      ]);
      return rowsOf(results, 1).length === 1;
    },
    list: (serviceId, query, now) => readPage(serviceId, "", [], query, now),
    async listFrom(serviceId, from, query, now) {
      const hash = await (await contexts.currentDataKey(serviceId)).lookup(senderText(from));
      return await readPage(serviceId, "AND t.sender_hash = ?5", [hash], query, now);
    },
  };
}

async function toInsert(
  { serviceId, id, text: { from, to, message }, reply }: NewReceivedText,
  key: DataKey,
  now: number,
): Promise<InStatement> {
  const data: EncryptedText = { from, to, message, ...(reply === undefined ? {} : { reply }) };
  const args = [
    idBytes(serviceId),
    idBytes(id),
    await key.lookup(senderText(from)),
    idBytes(key.id),
    await key.encrypt(JSON.stringify(data), textAad(serviceId, id)),
    now,
  ];
  return { sql: INSERT_TEXT, args };
}

function toAnnounced({ id, text: { from, to, message } }: NewReceivedText, now: number) {
  return { id, sourceNumber: from, destinationNumber: to, message, receivedAt: now };
}

/** What a text's word changes. Changes nothing for a repeated text. */
async function keywordStatements(
  { serviceId, id: textId, suppressionId: id, text: { from: recipient }, keyword }: NewReceivedText,
  key: DataKey,
  now: number,
): Promise<readonly InStatement[]> {
  const suppression = {
    serviceId,
    id,
    channel: "sms",
    recipient,
    because: "opted-out",
    reason: undefined,
  } as const;
  switch (keyword) {
    case "stop":
      return [await optOutStatement(suppression, textId, key, now)];
    case "start":
      return [await optInStatement(suppression, textId, key, now)];
    case "help":
    case undefined:
      return [];
  }
}

async function readText(encryption: Encryption, row: Row): Promise<ReceivedText> {
  const serviceId = uuid(row, "service_id") as ServiceId;
  const id = uuid(row, "id");
  const key = await dataKeyOf(encryption, serviceId, row);
  const { reply, ...text }: EncryptedText = JSON.parse(
    await key.decrypt(blob(row, "sealed"), textAad(serviceId, id)),
  );
  return { id, serviceId, ...text, reply, createdAt: integer(row, "created_at") };
}
