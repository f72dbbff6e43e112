/** The SQL of claiming chunks of jobs (a chunk is the rows of a job that are processed in one step), and of ending them. */
import type { JobChunk } from "../../../domain/jobs/job.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import { DATA_KEY_COLUMNS } from "../keys/keyring.ts";
import { idBytes } from "../connection/row.ts";

/** A job `j` that `due` selects, with a chunk `p` of it. */
const jobWithChunk = (number: string) =>
  `due CROSS JOIN jobs AS j ON j.service_id = due.service_id AND j.id = due.id
  LEFT JOIN job_parts AS p ON p.service_id = j.service_id AND p.job_id = j.id AND p.number = ${number}`;

/**
 * Selects a job with one of its chunks. Runs before the claim, in the same transaction.
 *
 * @param due a query that selects at most one job
 * @param number the number of the chunk of the job `j`
 */
export const selectChunk = (due: string, number: string) =>
  `WITH due AS MATERIALIZED (${due})
  SELECT j.*, p.number, p.sealed AS chunk, c.id AS chunk_key_id, c.master_key_id AS chunk_key_master,
    c.wrapped AS chunk_key_wrapped, ${DATA_KEY_COLUMNS},
    (SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
      WHERE k.service_id = j.service_id AND k.job_id = j.id) AS accepted_of_job
  FROM ${jobWithChunk(number)}
  LEFT JOIN data_keys AS c ON c.service_id = p.service_id AND c.id = p.data_key_id
  CROSS JOIN data_keys AS d ON d.service_id = j.service_id AND d.id = j.data_key_id`;

/** Selects the rows of that chunk that were accepted before. Runs before the claim, in the same transaction. */
export const selectAccepted = (due: string, number: string) =>
  `WITH due AS MATERIALIZED (${due})
  SELECT n.job_row FROM ${jobWithChunk(number)}
  CROSS JOIN notifications AS n ON n.service_id = j.service_id AND n.job_id = j.id
    AND n.job_row BETWEEN p.first_row AND p.last_row`;

/** Whether a job (?1, ?2) is leased under a token (?3). */
export const HOLDS_LEASE = "service_id = ?1 AND id = ?2 AND lease_token = ?3";

/** Deletes a chunk (?4) of a leased job. */
export const DELETE_CHUNK =
  `DELETE FROM job_parts WHERE service_id = ?1 AND job_id = ?2 AND number = ?4
  AND EXISTS (SELECT 1 FROM jobs WHERE ${HOLDS_LEASE})`;

/** Whether every row was accepted. The counters count each row once, and retention keeps them longer than the rows. */
const IS_WHOLE = `(SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
    WHERE k.service_id = jobs.service_id AND k.job_id = jobs.id) >= row_count`;

/** Ends a leased job that has no more chunks, at a time (?4). */
export const FINISH = `UPDATE jobs SET status = iif(${IS_WHOLE}, 'finished', 'error'),
    error = iif(${IS_WHOLE}, NULL, 'rows-missing'), finished_at = ?4, lease_token = NULL,
    due_at = NULL
  WHERE ${HOLDS_LEASE}
  AND NOT EXISTS (SELECT 1 FROM job_parts AS p WHERE p.service_id = ?1 AND p.job_id = ?2)
  RETURNING id`;

/** A job with the token of its lease. */
export type LeasedJob = Pick<JobChunk, "job" | "leaseToken">;

/** The arguments ?1 to ?3 of {@link HOLDS_LEASE}. */
export function lease({ job, leaseToken }: LeasedJob): [Bytes, Bytes, string] {
  return [idBytes(job.serviceId), idBytes(job.id), leaseToken];
}
