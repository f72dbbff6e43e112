import type { InStatement } from "@libsql/client";
import { ADDRESS_ATTEMPTS } from "../../../domain/files/attempts.ts";
import { STAGED_MS, type StoredDocument } from "../../../domain/files/document.ts";
import { FILE_EXTENSIONS } from "../../../domain/files/file_types.ts";
import type { DocumentRef } from "../../../domain/files/link.ts";
import type { PlannedDocument } from "../../../domain/files/plan_files.ts";
import type { DocumentId, NotificationId, ServiceId } from "../../../domain/ids.ts";
import type { BlobStore } from "../../../domain/ports/blob_store.ts";
import type { DocumentStore } from "../../../domain/ports/document_store.ts";
import { importFileKey } from "../../crypto/file_key.ts";
import { sameBytes } from "../../../domain/access/constant_time.ts";
import type { DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import type { Database, Row } from "../connection/database.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { blob, idBytes, integer, oneOf, rowsOf, storedText, uuid } from "../connection/row.ts";

/** A document that a notification references, with the data key of its name. */
const SELECT_DOCUMENT = `SELECT f.*, s.name AS service_name, s.active AS service_active,
    ${DATA_KEY_COLUMNS}
  FROM documents AS f
  CROSS JOIN services AS s ON s.id = f.service_id
  CROSS JOIN data_keys AS d ON d.service_id = f.service_id AND d.id = f.data_key_id
  WHERE f.service_id = ? AND f.id = ? AND f.notification_id IS NOT NULL`;

const COUNT_ATTEMPT = `UPDATE documents SET
    attempts = CASE WHEN attempts_since <= ?4 THEN 1 ELSE attempts + 1 END,
    attempts_since = CASE WHEN attempts_since <= ?4 THEN ?3 ELSE attempts_since END
  WHERE service_id = ?1 AND id = ?2 AND notification_id IS NOT NULL AND gone_at IS NULL
    AND (attempts < ?5 OR attempts_since <= ?4)
  RETURNING 1`;

/** The name of a document's file in the blob store. */
export function blobIdOf({ serviceId, documentId }: DocumentRef): string {
  return `${serviceId}/${documentId}`;
}

/** Creates the store of documents: rows in the database, files in `blobs`. */
export function createDocumentStore(
  { db, encryption, contexts, blobs }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly blobs: BlobStore;
  },
): DocumentStore {
  async function store(serviceId: ServiceId, document: PlannedDocument): Promise<void> {
    const ref = { serviceId, documentId: document.id };
    const key = await importFileKey(keyBytes(document));
    await blobs.put(blobIdOf(ref), await key.encrypt(document.bytes, fileAad(ref)));
  }

  return {
    async stage(serviceId, recipient, documents, now) {
      const key = await contexts.currentDataKey(serviceId);
      const recipientHash = await key.lookup(recipient);
      const rows = documents.map((document) =>
        insertOf(serviceId, document, key, recipientHash, now)
      );
      // The row is written before the file, so that retention finds every file by its row.
      await db.write(await Promise.all(rows));
      for (const document of documents) await store(serviceId, document);
    },
    async deleteUnclaimed(serviceId, ids) {
      const staged = `service_id = ? AND id IN (SELECT unhex(value, '-') FROM json_each(?))
        AND notification_id IS NULL`;
      const args = [idBytes(serviceId), JSON.stringify(ids)];
      const stagedRows = await db.read([{ sql: `SELECT id FROM documents WHERE ${staged}`, args }]);
      const documentIds = rowsOf(stagedRows, 0).map((row) => uuid(row, "id") as DocumentId);
      const files = documentIds.map((documentId) => blobIdOf({ serviceId, documentId }));
      const [error] = (await blobs.delete(files)).values();
      if (error !== undefined) throw error;
      await db.write([{ sql: `DELETE FROM documents WHERE ${staged}`, args }]);
    },
    async find(ref, key) {
      const [{ hash }, results] = await Promise.all([
        importFileKey(key),
        db.readPoint([{
          sql: SELECT_DOCUMENT,
          args: [idBytes(ref.serviceId), idBytes(ref.documentId)],
        }]),
      ]);
      const [row] = rowsOf(results, 0);
      const expected = row === undefined ? new Uint8Array(hash.length) : blob(row, "key_hash");
      if (!sameBytes(hash, expected) || row === undefined) return undefined;
      return await readDocument(encryption, row);
    },
    async tryAddress(ref, recipient, now) {
      const results = await db.write([
        {
          sql: COUNT_ATTEMPT,
          args: [
            idBytes(ref.serviceId),
            idBytes(ref.documentId),
            now,
            now - ADDRESS_ATTEMPTS.windowMs,
            ADDRESS_ATTEMPTS.limit,
          ],
        },
        { sql: SELECT_DOCUMENT, args: [idBytes(ref.serviceId), idBytes(ref.documentId)] },
      ]);
      const [row] = rowsOf(results, 1);
      if (row === undefined || row.gone_at !== null) return undefined;
      if (rowsOf(results, 0).length === 0) {
        return { outcome: "too-many", windowBeganAt: integer(row, "attempts_since") };
      }
      const hash = await (await dataKeyOf(encryption, ref.serviceId, row)).lookup(recipient);
      return { outcome: sameBytes(hash, blob(row, "recipient_hash")) ? "same" : "other" };
    },
    async read(ref, key) {
      const encrypted = await blobs.get(blobIdOf(ref));
      if (encrypted === undefined) return undefined;
      return await (await importFileKey(key)).decrypt(encrypted, fileAad(ref));
    },
  };
}

async function insertOf(
  serviceId: ServiceId,
  document: PlannedDocument,
  key: DataKey,
  recipientHash: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<InStatement> {
  const aad = nameAad({ serviceId, documentId: document.id });
  return {
    // The same ids come again when the request is evaluated again after a conflict.
    sql: `INSERT INTO documents (service_id, id, key_hash, data_key_id, recipient_hash, name, type,
        size, confirm, created_at, expires_at, attempts, attempts_since)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING`,
    args: [
      idBytes(serviceId),
      idBytes(document.id),
      (await importFileKey(keyBytes(document))).hash,
      idBytes(key.id),
      recipientHash,
      document.name === null ? null : await key.encrypt(JSON.stringify(document.name), aad),
      document.type,
      document.bytes.length,
      document.confirmEmail,
      now,
      now + STAGED_MS,
    ],
  };
}

async function readDocument(encryption: Encryption, row: Row): Promise<StoredDocument> {
  const serviceId = uuid(row, "service_id") as ServiceId;
  const documentId = uuid(row, "id") as DocumentId;
  const key = await dataKeyOf(encryption, serviceId, row);
  const aad = nameAad({ serviceId, documentId });
  return {
    serviceId,
    documentId,
    notificationId: uuid(row, "notification_id") as NotificationId,
    serviceName: storedText(row, "service_name"),
    serviceActive: integer(row, "service_active") === 1,
    name: row.name === null ? null : JSON.parse(await key.decrypt(blob(row, "name"), aad)),
    type: oneOf(row, "type", FILE_EXTENSIONS),
    size: integer(row, "size"),
    confirmEmail: integer(row, "confirm") === 1,
    expiresAt: integer(row, "expires_at"),
    isGone: row.gone_at !== null,
  };
}

function keyBytes({ key }: PlannedDocument): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(key, { alphabet: "base64url" });
}

function nameAad({ serviceId, documentId }: DocumentRef): string {
  return `document ${serviceId} ${documentId}`;
}

function fileAad({ serviceId, documentId }: DocumentRef): string {
  return `file ${serviceId} ${documentId}`;
}
