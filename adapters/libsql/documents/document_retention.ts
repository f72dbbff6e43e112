import { RECORD_RETENTION_MS } from "../../../domain/files/document.ts";
import type { DocumentId, ServiceId } from "../../../domain/ids.ts";
import type { BlobStore } from "../../../domain/ports/blob_store.ts";
import type { Retention } from "../../../domain/ports/retention.ts";
import type { Database } from "../connection/database.ts";
import { blobIdOf } from "./documents.ts";
import { rowsOf, uuid } from "../connection/row.ts";

/** Max files that one step deletes, at once where they are on a disk. */
export const FILES_A_STEP = 50;

/**
 * Creates the retention of documents (files that are sent by e-mail as links). It deletes files whose `expires_at`
 * has passed, which a file that no notification references has too. The row of a referenced document stays for {@link
 * RECORD_RETENTION_MS}, so that the page behind its link can say that it existed.
 */
export function createDocumentRetention(db: Database, blobs: BlobStore): Retention {
  return {
    async purge(now, limit) {
      const most = Math.min(limit, FILES_A_STEP);
      const due = await db.background.read([{
        sql: `SELECT service_id, id FROM documents WHERE gone_at IS NULL AND expires_at <= ?
          ORDER BY expires_at LIMIT ?`,
        args: [now, most],
      }]);
      const refs = rowsOf(due, 0).map((row) => ({
        serviceId: uuid(row, "service_id") as ServiceId,
        documentId: uuid(row, "id") as DocumentId,
      }));
      const failed = await blobs.delete(refs.map(blobIdOf));
      const deleted = refs.filter((ref) => !failed.has(blobIdOf(ref)));
      const ids = JSON.stringify(deleted);
      const isDeleted = `(service_id, id) IN (SELECT
        unhex(value->>'serviceId', '-'), unhex(value->>'documentId', '-')
        FROM json_each(?1))`;
      const results = await db.background.write([
        {
          sql: `DELETE FROM documents WHERE ${isDeleted} AND notification_id IS NULL`,
          args: [ids],
        },
        {
          sql: `UPDATE documents SET gone_at = ?2, name = NULL, recipient_hash = NULL
            WHERE ${isDeleted} AND notification_id IS NOT NULL`,
          args: [ids, now],
        },
        {
          sql:
            `DELETE FROM documents WHERE (service_id, id) IN (SELECT service_id, id FROM documents
            WHERE gone_at IS NOT NULL AND gone_at <= ? LIMIT ?) RETURNING 1`,
          args: [now - RECORD_RETENTION_MS, limit],
        },
      ]);
      const rows = deleted.length + rowsOf(results, 2).length;
      // A file that cannot be deleted does not block others. It is reported when nothing else is left.
      const [error] = failed.values();
      if (rows === 0 && error !== undefined) throw error;
      return rows;
    },
  };
}
