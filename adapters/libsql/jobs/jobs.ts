import type { InStatement } from "@libsql/client";
import type { JobId, ServiceId } from "../../../domain/ids.ts";
import type { Job, JobClaim, JobProgress } from "../../../domain/jobs/job.ts";
import type { JobCharge } from "../../../domain/jobs/job_charge.ts";
import type { StoredNotification } from "../../../domain/notification/notification.ts";
import type { JobStore } from "../../../domain/ports/job_store.ts";
import { jobMovesInto } from "../../../domain/jobs/status.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import { type PageOrder, pageOrder } from "../connection/page_order.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  chargeCounters,
  chargesText,
  exceedsLimit,
  giveBackJobCharges,
  selectOverLimit,
} from "./job_charges.ts";
import { deleteChunks } from "./job_chunks.ts";
import { createJobPauses } from "./job_pauses.ts";
import {
  chunkAad,
  encryptJobSecrets,
  jobAad,
  readJob,
  readProgress,
  SELECT_JOB,
} from "./job_rows.ts";
import { readNotification, SELECT_NOTIFICATION } from "../notifications/notification_rows.ts";
import { idBytes, idBytesOrNull, rowsOf, text } from "../connection/row.ts";

const CANCELLABLE = JSON.stringify(jobMovesInto("cancelled"));

/** The job that an idempotency key belongs to. */
const SELECT_EARLIER = `${SELECT_JOB}
  WHERE j.service_id = ? AND j.key_hash = ? AND j.claim_expires_at > ?
  ORDER BY j.created_at DESC, j.id DESC LIMIT 1`;

const insertJobIf = (isHead: string) =>
  `INSERT INTO jobs (service_id, id, data_key_id, sealed, channel, template_id,
    template_version, key_kind, api_key_id, sender_id, status, row_count, scheduled_for, created_at,
    key_hash, file_hash, claim_expires_at, due_at, valid_until, urgent, held, allow_duplicates,
    abroad_rows, limit_day, charged_rows, charged_abroad,
    encoding, requested_encoding, warnings, accepted_warnings, author_id,
    draft_id, left_out, skip_bad_rows, pause_at_failures, requested_pause_at)
  SELECT s.id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
    ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?30, ?31, ?32, ?33, ?34,
    ?35, ?36, ?37, ?38, ?39
  FROM services AS s WHERE s.id = ?1 AND s.revision = ?19
    AND (SELECT count(*) FROM job_parts AS p WHERE p.service_id = ?1 AND p.job_id = ?2) = ?20
    AND NOT EXISTS (SELECT 1 FROM jobs AS e
      WHERE e.service_id = ?1 AND e.key_hash = ?15 AND e.claim_expires_at > ?14)
    AND NOT ${exceedsLimit("?29")} AND ${isHead}
  RETURNING id`;

/** Starts a job (?1, ?2) at a time (?3), if the service has the revision (?8, or any when `NULL`). */
const startJobIf = (isHead: string) =>
  `UPDATE jobs SET status = iif(scheduled_for > ?3, 'scheduled', 'pending'),
    due_at = max(coalesce(scheduled_for, ?3), ?3),
    limit_day = ?4, charged_rows = ?5, charged_abroad = ?6
  WHERE service_id = ?1 AND id = ?2 AND status = 'ready to send' AND NOT ${exceedsLimit("?7")}
    AND (?8 IS NULL OR EXISTS (SELECT 1 FROM services AS s WHERE s.id = ?1 AND s.revision = ?8))
    AND ${isHead}
  RETURNING id`;

/** Cancels a job (?1, ?2) at a time (?3) that has a cancellable status (?4), or has finished with rows that are not sent yet. */
const cancelJobIf = (isHead: string) =>
  `UPDATE jobs SET status = 'cancelled', finished_at = ?3, due_at = NULL,
    lease_token = NULL
  WHERE service_id = ?1 AND id = ?2 AND status IN (SELECT value FROM json_each(?4))
    AND (status <> 'finished' OR EXISTS (SELECT 1 FROM job_counts AS k
      WHERE k.service_id = ?1 AND k.job_id = ?2 AND k.status = 'created' AND k.rows > 0))
    AND ${isHead}
  RETURNING id`;

/** The newest job of the same file. */
const SELECT_DUPLICATE =
  `${SELECT_JOB} WHERE j.service_id = ? AND j.file_hash = ? AND j.created_at > ?
    AND j.status <> 'cancelled'
  ORDER BY j.created_at DESC LIMIT 1`;

/** The accepted rows of a job after a row. */
const SELECT_RESULTS =
  `${SELECT_NOTIFICATION} WHERE n.service_id = ? AND n.job_id = ? AND n.job_row > ?
  ORDER BY n.job_row LIMIT ?`;

const INSERT_CHUNK = `INSERT INTO job_parts
    (service_id, job_id, number, first_row, last_row, created_at, data_key_id, sealed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Creates the store of jobs: one template that is sent to every row of a recipient file. */
export function createJobStore(
  { db, encryption, contexts, audit }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly audit: AuditWriter;
  },
): JobStore {
  return {
    ...createJobPauses({ db, encryption, audit }),
    async stage(serviceId, id, number, rows, now) {
      const [first, last] = [rows.at(0), rows.at(-1)];
      if (first === undefined || last === undefined) throw new TypeError("a chunk has no rows");
      const key = await contexts.currentDataKey(serviceId);
      const encrypted = await key.encryptInBackground(
        JSON.stringify(rows),
        chunkAad(serviceId, id, number),
      );
      await db.background.write([{
        sql: INSERT_CHUNK,
        args: [
          idBytes(serviceId),
          idBytes(id),
          number,
          first.row,
          last.row,
          now,
          idBytes(key.id),
          encrypted,
        ],
      }]);
    },
    discard: (serviceId, id) => deleteChunks(db, serviceId, id),
    async create(job, claim, revision, charge, entry) {
      const key = await contexts.currentDataKey(job.serviceId);
      const aad = jobAad(job.serviceId, job.id);
      const secrets = { keyId: key.id, encrypted: await encryptJobSecrets(job, key, aad) };
      const { serviceId, createdAt } = job;
      const results = await audit.change({
        entry,
        now: createdAt,
        statements: (isHead) => [
          { sql: SELECT_EARLIER, args: [idBytes(serviceId), claim.keyHash, createdAt] },
          insertJob(job, secrets, claim, { revision, charge, isHead }),
          ...charge === undefined ? [] : [
            chargeCounters(serviceId, charge),
            selectOverLimit(serviceId, revision, charge),
          ],
        ],
      });
      const [earlier] = rowsOf(results, 0);
      if (earlier !== undefined) {
        return { kind: "earlier", ...await readEarlier(encryption, earlier) };
      }
      if (rowsOf(results, 1).length === 1) return { kind: "created", job };
      const isOverLimit = charge !== undefined && rowsOf(results, 3).length === 1;
      return { kind: isOverLimit ? "over-limit" : "stale" };
    },
    async findEarlier(serviceId, keyHash, now) {
      const results = await db.read([{
        sql: SELECT_EARLIER,
        args: [idBytes(serviceId), keyHash, now],
      }]);
      const [row] = rowsOf(results, 0);
      return row && await readEarlier(encryption, row);
    },
    async findDuplicateUpload(serviceId, fileHash, since) {
      const results = await db.read([{
        sql: SELECT_DUPLICATE,
        args: [idBytes(serviceId), fileHash, since],
      }]);
      const [row] = rowsOf(results, 0);
      return row === undefined ? undefined : await readJob(encryption, row);
    },
    async get(serviceId, id) {
      const results = await db.readPoint([{
        sql: `${SELECT_JOB} WHERE j.service_id = ? AND j.id = ?`,
        args: [idBytes(serviceId), idBytes(id)],
      }]);
      const [row] = rowsOf(results, 0);
      return row === undefined ? undefined : await readProgress(encryption, row);
    },
    async list(serviceId, position, limit) {
      const order = pageOrder(position);
      const results = await db.readLong([selectJobs(serviceId, order, limit)]);
      const rows = order.inOrder(rowsOf(results, 0));
      return await Promise.all(rows.map((row) => readProgress(encryption, row)));
    },
    async start(serviceId, id, now, charged, entry) {
      const { charge, revision } = charged ?? {};
      const args = [
        idBytes(serviceId),
        idBytes(id),
        now,
        ...chargeArgs(charge),
        chargesText(charge),
        revision ?? null,
      ];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: startJobIf(isHead), args },
          ...charge === undefined ? [] : [chargeCounters(serviceId, charge)],
        ],
      });
      return rowsOf(results, 0).length === 1;
    },
    async cancel(serviceId, id, now, entry) {
      const args = [idBytes(serviceId), idBytes(id), now, CANCELLABLE];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [{ sql: cancelJobIf(isHead), args }],
        afterwards: giveBackJobCharges(serviceId, id),
      });
      if (rowsOf(results, 0).length === 0) return false;
      await deleteChunks(db, serviceId, id);
      return true;
    },
    async results(serviceId, id, afterRow, limit) {
      const results = await db.readLong([{
        sql: SELECT_RESULTS,
        args: [idBytes(serviceId), idBytes(id), afterRow, limit],
      }]);
      const rows = rowsOf(results, 0).map((row) => readNotification(encryption, row));
      return (await Promise.all(rows)).map(toRowResult);
    },
  };
}

/** When a new job is runnable; `null` when it has to be started first. */
function dueAt({ status, scheduledFor, createdAt }: Job): number | null {
  return status === "ready to send" ? null : scheduledFor ?? createdAt;
}

function insertJob(
  job: Job,
  secrets: { readonly keyId: string; readonly encrypted: Bytes },
  claim: JobClaim,
  { revision, charge, isHead }: {
    readonly revision: number;
    readonly charge: JobCharge | undefined;
    readonly isHead: string;
  },
): InStatement {
  const { reading } = job;
  return {
    sql: insertJobIf(isHead),
    args: [
      idBytes(job.serviceId),
      idBytes(job.id),
      idBytes(secrets.keyId),
      secrets.encrypted,
      job.channel,
      idBytes(job.templateId),
      job.templateVersion,
      job.keyKind,
      idBytes(job.keyId),
      idBytesOrNull(job.senderId),
      job.status,
      job.rows,
      job.scheduledFor,
      job.createdAt,
      claim.keyHash,
      claim.fileHash,
      claim.expiresAt,
      dueAt(job),
      revision,
      claim.chunks,
      job.validUntil,
      job.urgent ? 1 : 0,
      job.createdPaused ? 1 : 0,
      job.allowDuplicates ? 1 : 0,
      job.abroadRows ?? null,
      ...chargeArgs(charge),
      chargesText(charge),
      reading.encoding,
      reading.requestedEncoding,
      JSON.stringify(reading.warnings),
      JSON.stringify(reading.acceptedWarnings),
      idBytesOrNull(job.authorId ?? null),
      idBytesOrNull(job.draftId ?? null),
      job.leftOut ?? null,
      job.skipBadRows === true ? 1 : 0,
      job.pauseAtFailures ?? null,
      job.requestedPauseAt ?? null,
    ],
  };
}

/** The columns `limit_day`, `charged_rows` and `charged_abroad` of a job. */
function chargeArgs(charge: JobCharge | undefined): readonly [number | null, number, number] {
  return [charge?.limitDay ?? null, charge?.rows ?? 0, charge?.abroad ?? 0];
}

function selectJobs(
  serviceId: ServiceId,
  { beside, sign, direction }: PageOrder<JobId>,
  limit: number,
): InStatement {
  const place = beside === undefined ? "" : `AND (j.created_at, j.id) ${sign} (
    SELECT o.created_at, o.id FROM jobs AS o WHERE o.service_id = ?1 AND o.id = ?3)`;
  return {
    sql: `${SELECT_JOB} WHERE j.service_id = ?1 ${place}
      ORDER BY j.created_at ${direction}, j.id ${direction} LIMIT ?2`,
    args: [idBytes(serviceId), limit, ...(beside === undefined ? [] : [idBytes(beside)])],
  };
}

/** Reads a row of {@link SELECT_EARLIER}. */
async function readEarlier(
  encryption: Encryption,
  row: Row,
): Promise<{ readonly job: JobProgress; readonly fileHash: string }> {
  return { job: await readProgress(encryption, row), fileHash: text(row, "file_hash") };
}

function toRowResult({ delivery, personal, status, statusAt }: StoredNotification) {
  return { row: delivery?.job?.row ?? 0, recipient: personal.to, status, at: statusAt };
}
