import type { InValue } from "@libsql/client";
import type { NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { SuppressionStore } from "../../../domain/ports/suppression_store.ts";
import {
  SUPPRESSIBLE_CHANNELS,
  type Suppression,
  SUPPRESSION_CAUSES,
} from "../../../domain/suppression/suppression.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import { pageOrder } from "../connection/page_order.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  blob,
  hex,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import { dataKeysOf, selectDataKeys } from "../keys/keyring.ts";
import { notificationAad } from "../notifications/notification_rows.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import { type EncryptedSuppression, prepareAdd, suppressionAad } from "./suppression_statements.ts";

/** Selects suppressions with the e-mails that they came from; append a condition on `x`. */
const SELECT = `SELECT x.*, n.data_key_id AS message_key_id, n.sealed AS message
  FROM suppressions AS x
  LEFT JOIN notifications AS n ON n.service_id = x.service_id AND n.id = x.notification_id`;

const liftIf = (isHead: string) =>
  `UPDATE suppressions SET lifted_at = ?3, lift_data_key_id = ?4, lift_reason = ?5
  WHERE service_id = ?1 AND id = ?2 AND lifted_at IS NULL AND ${isHead} RETURNING 1`;

const FIND_SUPPRESSED = `SELECT r.key AS place FROM json_each(?3) AS r
  CROSS JOIN suppressions AS x ON x.service_id = ?1 AND x.recipient_hash = unhex(r.value)
    AND x.channel = ?2 AND x.lifted_at IS NULL`;

function liftAad(serviceId: ServiceId, id: string): string {
  return `suppression-lift ${serviceId} ${id}`;
}

/** Creates the store of suppressed recipients: those to whom a service may not send on a channel. */
export function createSuppressionStore(
  { db, encryption, contexts, audit }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly audit: AuditWriter;
  },
): SuppressionStore {
  async function read(
    serviceId: ServiceId,
    condition: string,
    args: readonly InValue[],
  ): Promise<readonly Suppression[]> {
    const results = await db.readLong([
      { sql: `${SELECT} WHERE x.service_id = ? ${condition}`, args: [idBytes(serviceId), ...args] },
      selectDataKeys(serviceId),
    ]);
    const rows = rowsOf(results, 0);
    const ids = new Set(
      ["data_key_id", "message_key_id", "lift_data_key_id"]
        .flatMap((column) => rows.flatMap((row) => uuidOrNull(row, column) ?? [])),
    );
    const keys = await dataKeysOf(
      encryption,
      serviceId,
      ids,
      () => Promise.resolve(rowsOf(results, 1)),
    );
    return await Promise.all(rows.map((row) => readSuppression(serviceId, row, keys)));
  }

  async function hashOf(serviceId: ServiceId, recipient: string) {
    return await (await contexts.currentDataKey(serviceId)).lookup(recipient);
  }

  async function find(...[serviceId, channel, recipient]: Parameters<SuppressionStore["find"]>) {
    const hash = await hashOf(serviceId, recipient);
    const found = await read(serviceId, "AND x.recipient_hash = ? AND x.channel = ?", [
      hash,
      channel,
    ]);
    return found[0];
  }

  const get: SuppressionStore["get"] = async (serviceId, id) =>
    (await read(serviceId, "AND x.id = ?", [idBytes(id)]))[0];

  return {
    find,
    get,
    async list(serviceId, { lifted, limit, ...position }) {
      const { beside, sign, direction, inOrder } = pageOrder(position);
      const place = beside === undefined ? "" : `AND (x.created_at, x.id) ${sign} (
        (SELECT created_at FROM suppressions WHERE service_id = x.service_id AND id = ?), ?)`;
      const args = beside === undefined ? [] : [idBytes(beside), idBytes(beside)];
      const found = await read(
        serviceId,
        `AND x.lifted_at IS ${lifted ? "NOT NULL" : "NULL"} ${place}
          ORDER BY x.created_at ${direction}, x.id ${direction} LIMIT ?`,
        [...args, limit],
      );
      return inOrder(found);
    },
    async add(suppression, now, entry) {
      const { serviceId, id, channel, recipient } = suppression;
      const key = await contexts.currentDataKey(serviceId);
      const add = await prepareAdd(suppression, key, now);
      await audit.change({ entry, now, statements: (isHead) => [add(isHead)] });
      const stored = await find(serviceId, channel, recipient);
      if (stored === undefined || stored.liftedAt !== undefined) return { kind: "full" };
      return { kind: stored.id === id ? "added" : "existing", suppression: stored };
    },
    async lift(serviceId, id, reason, now, entry) {
      const key = await contexts.currentDataKey(serviceId);
      const encrypted = await key.encrypt(reason, liftAad(serviceId, id));
      const args = [idBytes(serviceId), idBytes(id), now, idBytes(key.id), encrypted];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{ sql: liftIf(isHead), args }],
      });
      const suppression = await get(serviceId, id);
      return suppression !== undefined && rowsOf(results, 0).length === 0 ? "lifted" : suppression;
    },
    async hasAny(serviceId) {
      const results = await db.readPoint([{
        sql: "SELECT 1 FROM suppressions WHERE service_id = ? AND lifted_at IS NULL LIMIT 1",
        args: [idBytes(serviceId)],
      }]);
      return rowsOf(results, 0).length > 0;
    },
    async findSuppressed(serviceId, channel, recipients) {
      const key = await contexts.currentDataKey(serviceId);
      const hashes = await Promise.all(
        recipients.map(async (recipient) => hex(await key.lookup(recipient))),
      );
      const args = [idBytes(serviceId), channel, JSON.stringify(hashes)];
      // An upload makes a hundred calls, which may not use up the time that its request has for all of them.
      const found = rowsOf(await db.background.read([{ sql: FIND_SUPPRESSED, args }]), 0);
      return new Set(found.flatMap((row) => recipients[integer(row, "place")] ?? []));
    },
  };
}

async function readSuppression(
  serviceId: ServiceId,
  row: Row,
  keys: ReadonlyMap<string, DataKey>,
): Promise<Suppression> {
  const id = uuid(row, "id");
  const notificationId = uuidOrNull(row, "notification_id");
  const decrypt = async (key: string, column: string, aad: string) => {
    const keyId = uuidOrNull(row, key);
    return keyId === null ? undefined : await keys.get(keyId)?.decrypt(blob(row, column), aad);
  };
  const [own, message, liftReason] = await Promise.all([
    decrypt("data_key_id", "sealed", suppressionAad(serviceId, id)),
    decrypt("message_key_id", "message", notificationAad(serviceId, notificationId ?? "")),
    decrypt("lift_data_key_id", "lift_reason", liftAad(serviceId, id)),
  ]);
  const { recipient, reason }: Partial<EncryptedSuppression> = JSON.parse(own ?? message ?? "{}");
  return {
    id,
    channel: oneOf(row, "channel", SUPPRESSIBLE_CHANNELS),
    recipient,
    because: oneOf(row, "because", SUPPRESSION_CAUSES),
    reason: own === undefined ? undefined : reason,
    notificationId: notificationId === null ? undefined : notificationId as NotificationId,
    createdAt: integer(row, "created_at"),
    liftedAt: integerOrNull(row, "lifted_at") ?? undefined,
    liftReason,
  };
}
