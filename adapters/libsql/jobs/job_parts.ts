/** Claims chunks of jobs by their numbers, so that several of one job are processed side by side. */
import type { JobId, ServiceId } from "../../../domain/ids.ts";
import type { JobChunk } from "../../../domain/jobs/job.ts";
import type { JobQueue } from "../../../domain/ports/job_queue.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  textOrNull,
  uuid,
} from "../connection/row.ts";
import { giveBackJobCharges } from "./job_charges.ts";
import {
  DELETE_CHUNK,
  FINISH,
  HOLDS_LEASE,
  lease,
  selectAccepted,
  selectChunk,
} from "./job_chunk_statements.ts";

/** The token of the lease that all workers share that claim chunks by their numbers. */
const SHARED_LEASE = "queue";

/** The job (?2, ?3), when a chunk of it may be claimed at a time (?1) under the shared lease. */
const CLAIMABLE = `SELECT service_id, id FROM jobs WHERE service_id = ?2 AND id = ?3
  AND (due_at <= ?1 OR due_at IS NOT NULL AND lease_token = '${SHARED_LEASE}')`;

/** Takes or extends the shared lease until ?4, when the job has the chunk ?5. */
const CLAIM_PART = `UPDATE jobs SET status = 'in progress', started_at = coalesce(started_at, ?1),
    due_at = max(due_at, ?4), lease_token = '${SHARED_LEASE}'
  WHERE (service_id, id) IN (${CLAIMABLE})
    AND EXISTS (SELECT 1 FROM job_parts AS p
      WHERE p.service_id = ?2 AND p.job_id = ?3 AND p.number = ?5)
  RETURNING status, started_at`;

const SELECT_LEASE = "SELECT due_at, lease_token FROM jobs WHERE service_id = ?1 AND id = ?2";

/** Extends the lease of a job that has more chunks, until ?4. */
const KEEP = `UPDATE jobs SET due_at = max(due_at, ?4), undecryptable_since = NULL
  WHERE ${HOLDS_LEASE}
    AND EXISTS (SELECT 1 FROM job_parts AS p WHERE p.service_id = ?1 AND p.job_id = ?2)
  RETURNING id`;

const SELECT_DUE_JOBS =
  `SELECT j.service_id, j.id, j.channel, (SELECT min(p.number) FROM job_parts AS p
    WHERE p.service_id = j.service_id AND p.job_id = j.id) AS first_part
  FROM jobs AS j WHERE j.due_at <= ?1 ORDER BY j.due_at LIMIT ?2`;

/**
 * Reads and decrypts a claimed chunk: the row of `selectChunk`, that of the claim, and the rows accepted before.
 *
 * @throws {JobError} when it cannot be decrypted; the job is then released or ended
 */
export type ReadChunk = (
  rows: { readonly row: Row; readonly claimed: Row; readonly accepted: readonly Row[] },
  token: string,
  now: number,
) => Promise<JobChunk>;

/** Creates the part of the job queue that claims chunks by their numbers. */
export function createJobParts(
  db: Database,
  readChunk: ReadChunk,
): Pick<JobQueue, "claimPart" | "finishPart" | "listDue"> {
  return {
    async claimPart(serviceId, jobId, part, now, leaseMs) {
      const job = [now, idBytes(serviceId), idBytes(jobId)] as const;
      const results = await db.background.write([
        { sql: selectChunk(CLAIMABLE, "?4"), args: [...job, part] },
        { sql: selectAccepted(CLAIMABLE, "?4"), args: [...job, part] },
        { sql: CLAIM_PART, args: [...job, now + leaseMs, part] },
        { sql: SELECT_LEASE, args: [idBytes(serviceId), idBytes(jobId)] },
      ]);
      const [row] = rowsOf(results, 0);
      const [claimed] = rowsOf(results, 2);
      if (row !== undefined && claimed !== undefined) {
        return await readChunk({ row, claimed, accepted: rowsOf(results, 1) }, SHARED_LEASE, now);
      }
      const [found] = rowsOf(results, 3);
      return found !== undefined && isBusy(found, now, leaseMs) ? "busy" : "absent";
    },
    async finishPart(chunk, now, leaseMs) {
      const results = await db.background.write([
        { sql: DELETE_CHUNK, args: [...lease(chunk), chunk.number] },
        { sql: KEEP, args: [...lease(chunk), now + leaseMs] },
        { sql: FINISH, args: [...lease(chunk), now] },
        ...giveBackJobCharges(chunk.job.serviceId, chunk.job.id),
      ]);
      return rowsOf(results, 1).length + rowsOf(results, 2).length === 1;
    },
    async listDue(now, limit) {
      const results = await db.background.read([{ sql: SELECT_DUE_JOBS, args: [now, limit] }]);
      return rowsOf(results, 0).map((row) => ({
        serviceId: uuid(row, "service_id") as ServiceId,
        id: uuid(row, "id") as JobId,
        channel: oneOf(row, "channel", CHANNELS),
        firstPart: integerOrNull(row, "first_part") ?? 0,
      }));
    },
  };
}

/** Whether another worker has the job, or it becomes runnable within a lease: a message may come a little early. */
function isBusy(row: Row, now: number, leaseMs: number): boolean {
  if (row.due_at === null || textOrNull(row, "lease_token") === SHARED_LEASE) return false;
  const dueAt = integer(row, "due_at");
  return dueAt > now && dueAt <= now + leaseMs;
}
