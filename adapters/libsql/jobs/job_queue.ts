import type { InStatement } from "@libsql/client";
import { JobError } from "../../../domain/jobs/job_error.ts";
import type { Job, JobChunk, JobRow } from "../../../domain/jobs/job.ts";
import type { JobQueue } from "../../../domain/ports/job_queue.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { undecryptableDelayMs } from "../../../domain/delivery/retry.ts";
import { CANNOT_DECRYPT } from "../../../domain/delivery/attempt_result.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { rememberRead } from "../connection/remember_read.ts";
import { renewLeases } from "../connection/renew_leases.ts";
import { chunkAad, type JobFacts, readJobFacts, toJob } from "./job_rows.ts";
import { giveBackJobCharges } from "./job_charges.ts";
import { deleteChunks } from "./job_chunks.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { blob, idBytes, integer, integerOrNull, rowsOf, text, uuid } from "../connection/row.ts";

/** The earliest time at which a job is runnable. */
const NEXT_DUE = `SELECT min(due_at) AS due_at FROM jobs WHERE due_at IS NOT NULL`;

/** The runnable job that has waited longest at a time (?1). */
const DUE = `SELECT service_id, id FROM jobs WHERE due_at <= ?1 ORDER BY due_at LIMIT 1`;

/** That job with its first chunk. */
const FIRST = `due CROSS JOIN jobs AS j ON j.service_id = due.service_id AND j.id = due.id
  LEFT JOIN job_parts AS p ON p.service_id = j.service_id AND p.job_id = j.id AND p.number = (
    SELECT min(f.number) FROM job_parts AS f WHERE f.service_id = j.service_id AND f.job_id = j.id)`;

/** Runs before {@link CLAIM}, in the same transaction. */
const SELECT_CHUNK = `WITH due AS MATERIALIZED (${DUE})
  SELECT j.*, p.number, p.sealed AS chunk, c.id AS chunk_key_id, c.master_key_id AS chunk_key_master,
    c.wrapped AS chunk_key_wrapped, ${DATA_KEY_COLUMNS},
    (SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
      WHERE k.service_id = j.service_id AND k.job_id = j.id) AS accepted_of_job
  FROM ${FIRST}
  LEFT JOIN data_keys AS c ON c.service_id = p.service_id AND c.id = p.data_key_id
  CROSS JOIN data_keys AS d ON d.service_id = j.service_id AND d.id = j.data_key_id`;

const SELECT_ACCEPTED = `WITH due AS MATERIALIZED (${DUE})
  SELECT n.job_row FROM ${FIRST}
  CROSS JOIN notifications AS n ON n.service_id = j.service_id AND n.job_id = j.id
    AND n.job_row BETWEEN p.first_row AND p.last_row`;

const CLAIM = `UPDATE jobs SET status = 'in progress', started_at = coalesce(started_at, ?1),
    due_at = ?1 + ?2, lease_token = ?3
  WHERE (service_id, id) IN (${DUE})
  RETURNING status, started_at`;

const HOLDS_LEASE = "service_id = ?1 AND id = ?2 AND lease_token = ?3";

const DELETE_CHUNK = `DELETE FROM job_parts WHERE service_id = ?1 AND job_id = ?2 AND number = ?4
  AND EXISTS (SELECT 1 FROM jobs WHERE ${HOLDS_LEASE})`;

/** Releases a job that has more chunks. It is runnable after the jobs that wait now (round-robin). */
const RELEASE = `UPDATE jobs SET lease_token = NULL, due_at = ?4, undecryptable_since = NULL
  WHERE ${HOLDS_LEASE}
  AND EXISTS (SELECT 1 FROM job_parts AS p WHERE p.service_id = ?1 AND p.job_id = ?2)
  RETURNING id`;

/** Whether every row was accepted. The counters count each row once, and retention keeps them longer than the rows. */
const IS_WHOLE = `(SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
    WHERE k.service_id = jobs.service_id AND k.job_id = jobs.id) >= row_count`;

const FINISH = `UPDATE jobs SET status = iif(${IS_WHOLE}, 'finished', 'error'),
    error = iif(${IS_WHOLE}, NULL, 'rows-missing'), finished_at = ?4, lease_token = NULL,
    due_at = NULL
  WHERE ${HOLDS_LEASE} RETURNING id`;

const END = `UPDATE jobs SET status = ?5, error = ?6, finished_at = ?4, lease_token = NULL,
    due_at = NULL
  WHERE ${HOLDS_LEASE} RETURNING id`;

/**
 * Creates the queue from which the job runner claims chunks of bulk jobs (a chunk is the rows of a job that are
 * processed in one step). Jobs are served round-robin, a chunk at a time. `encryption` decrypts the rows of a chunk.
 */
export function createJobQueue(
  { db, encryption, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly clock: Clock;
  },
): JobQueue {
  /** Whether the last claim found nothing. */
  let isIdle = false;

  const readNextDue = rememberRead(db, async () => {
    const [row] = rowsOf(await db.background.read([NEXT_DUE]), 0);
    return row === undefined ? null : integerOrNull(row, "due_at");
  });

  async function isDue(now: number): Promise<boolean> {
    const dueAt = await readNextDue();
    return dueAt !== null && dueAt <= now;
  }

  async function release(
    chunk: LeasedJob,
    dueAt: number,
    undecryptableSince: number | null,
  ): Promise<void> {
    await db.background.write([{
      sql: `UPDATE jobs SET lease_token = NULL, due_at = ?4, undecryptable_since = ?5
        WHERE ${HOLDS_LEASE}`,
      args: [...lease(chunk), dueAt, undecryptableSince],
    }]);
  }

  async function end(
    chunk: LeasedJob,
    status: "sending limits exceeded" | "error",
    error: string | null,
    now: number,
  ): Promise<void> {
    const ended: InStatement = { sql: END, args: [...lease(chunk), now, status, error] };
    const { serviceId, id } = chunk.job;
    const results = await db.background.write([ended, ...giveBackJobCharges(serviceId, id)]);
    if (rowsOf(results, 0).length === 1) {
      await deleteChunks(db, serviceId, id);
    }
  }

  return {
    renewLeases: (endingAfter, until) => renewLeases(db, "jobs", endingAfter, until),
    async claimChunk(now, leaseMs) {
      // A claim is a write. While nothing is due, a read finds that out.
      if (isIdle && !await isDue(now)) return undefined;
      const token = clock.newId();
      const results = await db.background.write([
        { sql: SELECT_CHUNK, args: [now] },
        { sql: SELECT_ACCEPTED, args: [now] },
        { sql: CLAIM, args: [now, leaseMs, token] },
      ]);
      const [row] = rowsOf(results, 0);
      const [claimed] = rowsOf(results, 2);
      isIdle = claimed === undefined;
      if (row === undefined || claimed === undefined) return undefined;
      const startedAt = integer(claimed, "started_at");
      const facts: JobFacts = { ...readJobFacts(row), status: "in progress", startedAt };
      const decrypted = await decryptJob(encryption, facts, row).catch(async (error) => {
        // Not since its start: a job may have run for days when a process gets a wrong master key.
        const since = integerOrNull(row, "undecryptable_since") ?? now;
        const delay = undecryptableDelayMs(now - since);
        const reading = { ...facts.reading, sample: [] };
        const job: Job = { ...facts, name: "", fileName: null, reading };
        const leased = { job, leaseToken: token };
        await (delay === null
          ? end(leased, "error", CANNOT_DECRYPT, now)
          : release(leased, now + delay, since));
        throw new JobError(job, error);
      });
      return {
        ...decrypted,
        leaseToken: token,
        accepted: new Set(rowsOf(results, 1).map((accepted) => integer(accepted, "job_row"))),
        limitDay: integerOrNull(row, "limit_day") ?? undefined,
        acceptedOfJob: integer(row, "accepted_of_job"),
        number: integerOrNull(row, "number") ?? 0,
      };
    },
    async finishChunk(chunk, now) {
      const results = await db.background.write([
        { sql: DELETE_CHUNK, args: [...lease(chunk), chunk.number] },
        { sql: RELEASE, args: [...lease(chunk), now] },
        { sql: FINISH, args: [...lease(chunk), now] },
        ...giveBackJobCharges(chunk.job.serviceId, chunk.job.id),
      ]);
      return rowsOf(results, 1).length + rowsOf(results, 2).length === 1;
    },
    release: (chunk, dueAt) => release(chunk, dueAt, null),
    end,
  };
}

/** A job with the token of its lease. */
type LeasedJob = Pick<JobChunk, "job" | "leaseToken">;

function lease({ job, leaseToken }: LeasedJob): [Bytes, Bytes, string] {
  return [idBytes(job.serviceId), idBytes(job.id), leaseToken];
}

/** Decrypts the names of a job and the rows of its chunk. */
async function decryptJob(
  encryption: Encryption,
  facts: JobFacts,
  row: Row,
): Promise<{ readonly job: Job; readonly rows: readonly JobRow[] }> {
  const key = await dataKeyOf(encryption, facts.serviceId, row);
  const job = await toJob(facts, blob(row, "sealed"), key);
  return { job, rows: await decryptChunk(encryption, facts, row) };
}

async function decryptChunk(
  encryption: Encryption,
  { serviceId, id }: JobFacts,
  row: Row,
): Promise<readonly JobRow[]> {
  const number = integerOrNull(row, "number");
  if (number === null) return [];
  const key = await encryption.dataKey(serviceId, {
    id: uuid(row, "chunk_key_id"),
    masterKeyId: text(row, "chunk_key_master"),
    wrapped: blob(row, "chunk_key_wrapped"),
  });
  return JSON.parse(
    await key.decryptInBackground(blob(row, "chunk"), chunkAad(serviceId, id, number)),
  );
}
