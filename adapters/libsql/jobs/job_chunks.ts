/** Deletes the chunks of jobs, and of lists that were uploaded. */
import type { ServiceId } from "../../../domain/ids.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf } from "../connection/row.ts";

/** How many chunks one statement deletes: chunks are large, and a statement blocks all others. */
const DELETE_STEP = 16;

/**
 * Deletes the chunks (encrypted rows) of a job that has ended or was never created, a few in each transaction.
 * Deletes nothing of a job that has not ended.
 */
export async function deleteChunks(db: Database, serviceId: ServiceId, id: string): Promise<void> {
  for (;;) {
    const results = await db.write([{
      sql: `DELETE FROM job_parts WHERE service_id = ?1 AND job_id = ?2 AND number IN (
          SELECT number FROM job_parts WHERE service_id = ?1 AND job_id = ?2 LIMIT ?3)
        AND NOT EXISTS (SELECT 1 FROM jobs AS j
          WHERE j.service_id = ?1 AND j.id = ?2 AND j.finished_at IS NULL)
        RETURNING 1`,
      args: [idBytes(serviceId), idBytes(id), DELETE_STEP],
    }]);
    if (rowsOf(results, 0).length < DELETE_STEP) return;
  }
}
