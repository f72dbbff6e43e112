import { RECORD_RETENTION_MS } from "../../../domain/files/document.ts";
import type { DocumentId, ServiceId } from "../../../domain/ids.ts";
import type { BlobStore } from "../../../domain/ports/blob_store.ts";
import type { Retention } from "../../../domain/ports/retention.ts";
import type { Database } from "../connection/database.ts";
import { blobIdOf } from "./documents.ts";
import { rowsOf, text } from "../connection/row.ts";

/** How many files one step deletes: each is a call, of which a Worker may make so many. */
export const FILES_A_STEP = 50;

/**
 * Deletes files that have had their time, and those whose notification never came. What is left of a document then, for
 * {@link RECORD_RETENTION_MS}, is that there was one.
 */
export function createDocumentRetention(db: Database, blobs: BlobStore): Retention {
  return {
    async purge(now, limit) {
      const most = Math.min(limit, FILES_A_STEP);
      const due = await db.read([{
        sql: `SELECT service_id, id FROM documents WHERE gone_at IS NULL AND expires_at <= ?
          ORDER BY expires_at LIMIT ?`,
        args: [now, most],
      }]);
      const refs = rowsOf(due, 0).map((row) => ({
        serviceId: text(row, "service_id") as ServiceId,
        documentId: text(row, "id") as DocumentId,
      }));
      const ends = await Promise.allSettled(refs.map((ref) => blobs.delete(blobIdOf(ref))));
      const deleted = refs.filter((_, index) => ends[index]?.status === "fulfilled");
      const ids = JSON.stringify(deleted);
      const theDeleted = `(service_id, id) IN (SELECT value->>'serviceId', value->>'documentId'
        FROM json_each(?1))`;
      const results = await db.write([
        {
          sql: `DELETE FROM documents WHERE ${theDeleted} AND notification_id IS NULL`,
          args: [ids],
        },
        {
          sql: `UPDATE documents SET gone_at = ?2, name = NULL, recipient_hash = NULL
            WHERE ${theDeleted} AND notification_id IS NOT NULL`,
          args: [ids, now],
        },
        {
          sql:
            `DELETE FROM documents WHERE (service_id, id) IN (SELECT service_id, id FROM documents
            WHERE gone_at IS NOT NULL AND gone_at <= ? LIMIT ?) RETURNING 1`,
          args: [now - RECORD_RETENTION_MS, limit],
        },
      ]);
      const gone = deleted.length + rowsOf(results, 2).length;
      const failed = ends.find((end) => end.status === "rejected");
      // Those that cannot be deleted hold up no others; when they are all that is left, it is told.
      if (gone === 0 && failed !== undefined) throw failed.reason;
      return gone;
    },
  };
}
