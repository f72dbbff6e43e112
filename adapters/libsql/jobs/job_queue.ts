import type { InStatement } from "@libsql/client";
import { JobError } from "../../../domain/jobs/job_error.ts";
import type { Job, JobChunk, JobRow } from "../../../domain/jobs/job.ts";
import type { JobQueue } from "../../../domain/ports/job_queue.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import { undecryptableDelayMs } from "../../../domain/delivery/retry.ts";
import { NOT_OPENED } from "../../../domain/delivery/attempt_result.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { partContext, readJob } from "./job_rows.ts";
import { deleteChunks } from "./jobs.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { blob, integer, integerOrNull, rowsOf } from "../connection/row.ts";

/** The job whose turn it is at ?1. */
const DUE = `SELECT service_id, id FROM jobs WHERE due_at <= ?1 ORDER BY due_at LIMIT 1`;

/** Its first part. */
const FIRST = `due CROSS JOIN jobs AS j ON j.service_id = due.service_id AND j.id = due.id
  LEFT JOIN job_parts AS p ON p.service_id = j.service_id AND p.job_id = j.id AND p.number = (
    SELECT min(f.number) FROM job_parts AS f WHERE f.service_id = j.service_id AND f.job_id = j.id)`;

/** Read before it is taken, in the same transaction. */
const SELECT_PART = `WITH due AS MATERIALIZED (${DUE})
  SELECT j.*, p.number, p.sealed, ${DATA_KEY_COLUMNS},
    (SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
      WHERE k.service_id = j.service_id AND k.job_id = j.id) AS accepted_of_job
  FROM ${FIRST}
  LEFT JOIN data_keys AS d ON d.service_id = p.service_id AND d.id = p.data_key_id`;

const SELECT_ACCEPTED = `WITH due AS MATERIALIZED (${DUE})
  SELECT n.job_row FROM ${FIRST}
  CROSS JOIN notifications AS n ON n.service_id = j.service_id AND n.job_id = j.id
    AND n.job_row BETWEEN p.first_row AND p.last_row`;

const CLAIM = `UPDATE jobs SET status = 'in progress', started_at = coalesce(started_at, ?1),
    due_at = ?1 + ?2, lease_token = ?3
  WHERE (service_id, id) IN (${DUE})
  RETURNING status, started_at`;

const HELD = "service_id = ?1 AND id = ?2 AND lease_token = ?3";

const DELETE_PART = `DELETE FROM job_parts WHERE service_id = ?1 AND job_id = ?2 AND number = ?4
  AND EXISTS (SELECT 1 FROM jobs WHERE ${HELD})`;

/** Its next turn comes after those who wait now. */
const GIVE_BACK = `UPDATE jobs SET lease_token = NULL, due_at = ?4 WHERE ${HELD}
  AND EXISTS (SELECT 1 FROM job_parts AS p WHERE p.service_id = ?1 AND p.job_id = ?2)
  RETURNING id`;

/** Every row is in one of the counters, which outlast the rows. */
const IS_WHOLE = `(SELECT coalesce(sum(k.rows), 0) FROM job_counts AS k
    WHERE k.service_id = jobs.service_id AND k.job_id = jobs.id) >= row_count`;

const FINISH = `UPDATE jobs SET status = iif(${IS_WHOLE}, 'finished', 'error'),
    error = iif(${IS_WHOLE}, NULL, 'rows-missing'), finished_at = ?4, lease_token = NULL,
    due_at = NULL
  WHERE ${HELD} RETURNING id`;

const END = `UPDATE jobs SET status = ?5, error = ?6, finished_at = ?4, lease_token = NULL,
    due_at = NULL
  WHERE ${HELD} RETURNING id`;

/** Makes the queue of jobs. */
export function createJobQueue(
  { db, encryption, clock }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly clock: Clock;
  },
): JobQueue {
  const openedAt = clock.now();

  async function release(part: Held, dueAt: number): Promise<void> {
    await db.patient.write([{
      sql: `UPDATE jobs SET lease_token = NULL, due_at = ?4 WHERE ${HELD}`,
      args: [...held(part), dueAt],
    }]);
  }

  async function end(
    part: Held,
    status: "sending limits exceeded" | "error",
    error: string | null,
    now: number,
  ): Promise<void> {
    const ended: InStatement = { sql: END, args: [...held(part), now, status, error] };
    const results = await db.patient.write([ended]);
    if (rowsOf(results, 0).length === 1) {
      await deleteChunks(db, part.job.serviceId, part.job.id);
    }
  }

  return {
    async claimChunk(now, leaseMs) {
      const token = clock.newId();
      const results = await db.patient.write([
        { sql: SELECT_PART, args: [now] },
        { sql: SELECT_ACCEPTED, args: [now] },
        { sql: CLAIM, args: [now, leaseMs, token] },
      ]);
      const [row] = rowsOf(results, 0);
      const [claimed] = rowsOf(results, 2);
      if (row === undefined || claimed === undefined) return undefined;
      const startedAt = integer(claimed, "started_at");
      const job: Job = { ...readJob(row), status: "in progress", startedAt };
      return {
        job,
        leaseToken: token,
        rows: await openPart(encryption, job, row).catch(async (error) => {
          // Nothing is given up that this process has not tried for long: it may just have been started without the key.
          const delay = undecryptableDelayMs(now - Math.max(openedAt, startedAt));
          const held = { job, leaseToken: token };
          await (delay === null ? end(held, "error", NOT_OPENED, now) : release(held, now + delay));
          throw new JobError(job, error);
        }),
        accepted: new Set(rowsOf(results, 1).map((accepted) => integer(accepted, "job_row"))),
        acceptedOfJob: integer(row, "accepted_of_job"),
        number: integerOrNull(row, "number") ?? 0,
      };
    },
    async finishChunk(part, now) {
      const results = await db.patient.write([
        { sql: DELETE_PART, args: [...held(part), part.number] },
        { sql: GIVE_BACK, args: [...held(part), now] },
        { sql: FINISH, args: [...held(part), now] },
      ]);
      return rowsOf(results, 1).length + rowsOf(results, 2).length === 1;
    },
    release,
    end,
  };
}

/** What a holder is known by. */
type Held = Pick<JobChunk, "job" | "leaseToken">;

function held({ job, leaseToken }: Held): [string, string, string] {
  return [job.serviceId, job.id, leaseToken];
}

async function openPart(
  encryption: Encryption,
  { serviceId, id }: Job,
  row: Row,
): Promise<readonly JobRow[]> {
  const number = integerOrNull(row, "number");
  if (number === null) return [];
  const key = await dataKeyOf(encryption, serviceId, row);
  return JSON.parse(await key.open(blob(row, "sealed"), partContext(serviceId, id, number)));
}
