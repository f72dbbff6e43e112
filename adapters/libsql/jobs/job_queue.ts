import type { InStatement } from "@libsql/client";
import { JobError } from "../../../domain/jobs/job_error.ts";
import type { Job, JobRow } from "../../../domain/jobs/job.ts";
import type { JobQueue } from "../../../domain/ports/job_queue.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { undecryptableDelayMs } from "../../../domain/delivery/retry.ts";
import { CANNOT_DECRYPT } from "../../../domain/delivery/attempt_result.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { rememberRead } from "../connection/remember_read.ts";
import { renewLeases } from "../connection/renew_leases.ts";
import { chunkAad, type JobFacts, readJobFacts, toJob } from "./job_rows.ts";
import { giveBackJobCharges } from "./job_charges.ts";
import { deleteChunks } from "./job_chunks.ts";
import {
  DELETE_CHUNK,
  FINISH,
  HOLDS_LEASE,
  lease,
  type LeasedJob,
  selectAccepted,
  selectChunk,
} from "./job_chunk_statements.ts";
import { createJobParts, type ReadChunk } from "./job_parts.ts";
import { dataKeyOf } from "../keys/keyring.ts";
import { blob, integer, integerOrNull, rowsOf, text, uuid } from "../connection/row.ts";

/** The earliest time at which a job is runnable. */
const NEXT_DUE = `SELECT min(due_at) AS due_at FROM jobs WHERE due_at IS NOT NULL`;

/** The runnable job that has waited longest at a time (?1). */
const DUE = `SELECT service_id, id FROM jobs WHERE due_at <= ?1 ORDER BY due_at LIMIT 1`;

/** The number of a job's first chunk. */
const FIRST_PART = `(SELECT min(f.number) FROM job_parts AS f
  WHERE f.service_id = j.service_id AND f.job_id = j.id)`;

const CLAIM = `UPDATE jobs SET status = 'in progress', started_at = coalesce(started_at, ?1),
    due_at = ?1 + ?2, lease_token = ?3
  WHERE (service_id, id) IN (${DUE})
  RETURNING status, started_at`;

/** Releases a job that has more chunks. It is runnable after the jobs that wait now (round-robin). */
const RELEASE = `UPDATE jobs SET lease_token = NULL, due_at = ?4, undecryptable_since = NULL
  WHERE ${HOLDS_LEASE}
  AND EXISTS (SELECT 1 FROM job_parts AS p WHERE p.service_id = ?1 AND p.job_id = ?2)
  RETURNING id`;

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

  const readChunk: ReadChunk = async ({ row, claimed, accepted }, token, now) => {
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
      accepted: new Set(accepted.map((each) => integer(each, "job_row"))),
      limitDay: integerOrNull(row, "limit_day") ?? undefined,
      acceptedOfJob: integer(row, "accepted_of_job"),
      number: integerOrNull(row, "number") ?? 0,
    };
  };

  return {
    ...createJobParts(db, readChunk),
    renewLeases: (endingAfter, until) => renewLeases(db, "jobs", endingAfter, until),
    async claimChunk(now, leaseMs) {
      // A claim is a write. While nothing is due, a read finds that out.
      if (isIdle && !await isDue(now)) return undefined;
      const token = clock.newId();
      const results = await db.background.write([
        { sql: selectChunk(DUE, FIRST_PART), args: [now] },
        { sql: selectAccepted(DUE, FIRST_PART), args: [now] },
        { sql: CLAIM, args: [now, leaseMs, token] },
      ]);
      const [row] = rowsOf(results, 0);
      const [claimed] = rowsOf(results, 2);
      isIdle = claimed === undefined;
      if (row === undefined || claimed === undefined) return undefined;
      return await readChunk({ row, claimed, accepted: rowsOf(results, 1) }, token, now);
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
