/** Pauses and resumes jobs, and withdraws those that have not begun. */
import type { JobStore } from "../../../domain/ports/job_store.ts";
import { jobMovesInto } from "../../../domain/jobs/status.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf } from "../connection/row.ts";
import { giveBackJobCharges } from "./job_charges.ts";
import { deleteChunks } from "./job_chunks.ts";
import { readJob, SELECT_JOB } from "./job_rows.ts";

const PAUSABLE = JSON.stringify(jobMovesInto("paused"));

/** Whether a job (?1, ?2) has accepted rows that are not sent yet. */
const HAS_UNSENT = `EXISTS (SELECT 1 FROM job_counts AS k
  WHERE k.service_id = ?1 AND k.job_id = ?2 AND k.status = 'created' AND k.rows > 0)`;

const pauseJobIf = (isHead: string) =>
  `UPDATE jobs SET status = 'paused', paused_by = 'person', due_at = NULL,
    lease_token = NULL
  WHERE service_id = ?1 AND id = ?2 AND status IN (SELECT value FROM json_each(?3))
    AND (status <> 'finished' OR ${HAS_UNSENT})
    AND ${isHead}
  RETURNING id`;

/** A job that was paused after its last row was accepted is finished again. */
const resumeJobIf = (isHead: string) =>
  `UPDATE jobs SET
    status = CASE WHEN finished_at IS NOT NULL THEN 'finished'
      WHEN started_at IS NOT NULL THEN 'in progress'
      WHEN scheduled_for > ?3 THEN 'scheduled' ELSE 'pending' END,
    due_at = iif(finished_at IS NOT NULL, NULL, max(coalesce(scheduled_for, ?3), ?3)),
    pause_at_failures = iif(paused_by = 'failures', 0, pause_at_failures),
    paused_by = NULL, pause_announced = 1
  WHERE service_id = ?1 AND id = ?2 AND status = 'paused' AND ${isHead}
  RETURNING id`;

const withdrawJobIf = (isHead: string) =>
  `UPDATE jobs SET status = 'cancelled', finished_at = ?3, due_at = NULL,
    key_hash = NULL
  WHERE service_id = ?1 AND id = ?2 AND status IN ('pending', 'scheduled') AND started_at IS NULL
    AND ${isHead}
  RETURNING id`;

const UNANNOUNCED = `SELECT service_id, id FROM jobs INDEXED BY jobs_pause_not_announced
  WHERE pause_announced = 0 AND created_at > 0 ORDER BY created_at LIMIT 1`;

const SELECT_UNANNOUNCED = `${SELECT_JOB} WHERE (j.service_id, j.id) IN (${UNANNOUNCED})`;

const CLAIM_UNANNOUNCED = `UPDATE jobs SET pause_announced = 1
  WHERE (service_id, id) IN (${UNANNOUNCED})`;

type JobPauses = Pick<
  JobStore,
  "pause" | "resume" | "withdraw" | "claimPauseAnnouncement" | "releasePauseAnnouncement"
>;

/** Creates the part of the job store that pauses, resumes and withdraws. */
export function createJobPauses(
  { db, encryption, audit }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly audit: AuditWriter;
  },
): JobPauses {
  return {
    async pause(serviceId, id, now, entry) {
      const args = [idBytes(serviceId), idBytes(id), PAUSABLE];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{ sql: pauseJobIf(isHead), args }],
      });
      return rowsOf(results, 0).length === 1;
    },
    async resume(serviceId, id, now, entry) {
      const args = [idBytes(serviceId), idBytes(id), now];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{ sql: resumeJobIf(isHead), args }],
      });
      return rowsOf(results, 0).length === 1;
    },
    async withdraw(serviceId, id, now, entry) {
      const args = [idBytes(serviceId), idBytes(id), now];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{ sql: withdrawJobIf(isHead), args }],
        afterwards: giveBackJobCharges(serviceId, id),
      });
      if (rowsOf(results, 0).length === 0) return false;
      await deleteChunks(db, serviceId, id);
      return true;
    },
    async claimPauseAnnouncement() {
      // A claim is a write. Most often a read finds that there is nothing to claim.
      const found = await db.background.read([UNANNOUNCED]);
      if (rowsOf(found, 0).length === 0) return undefined;
      const results = await db.background.write([SELECT_UNANNOUNCED, CLAIM_UNANNOUNCED]);
      const [row] = rowsOf(results, 0);
      return row && await readJob(encryption, row);
    },
    async releasePauseAnnouncement(serviceId, id) {
      await db.background.write([{
        sql: `UPDATE jobs SET pause_announced = 0
          WHERE service_id = ?1 AND id = ?2 AND status = 'paused'`,
        args: [idBytes(serviceId), idBytes(id)],
      }]);
    },
  };
}
