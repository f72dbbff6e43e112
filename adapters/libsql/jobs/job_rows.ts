import type { JobId, KeyId, SenderId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import type { Job, JobProgress } from "../../../domain/jobs/job.ts";
import { JOB_STATUSES } from "../../../domain/jobs/status.ts";
import { CHANNELS, KEY_KINDS } from "../../../domain/service/service.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import type { Bytes, DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import {
  blob,
  integer,
  integerOrNull,
  oneOf,
  text,
  textOrNull,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import type { Row } from "../connection/database.ts";

/** A column with the counters of a job `j`, as one JSON object. */
const COUNTS = `(SELECT json_group_object(k.status, k.rows) FROM job_counts AS k
  WHERE k.service_id = j.service_id AND k.job_id = j.id AND k.rows > 0) AS counts`;

/** The additional authenticated data of an encrypted chunk, so that it can be decrypted in its own row only. */
export function chunkAad(serviceId: string, jobId: string, number: number): string {
  return `job-part ${serviceId} ${jobId} ${number}`;
}

/** Selects jobs `j` with their data keys and {@link COUNTS}; append a condition. */
export const SELECT_JOB = `SELECT j.*, ${DATA_KEY_COLUMNS}, ${COUNTS} FROM jobs AS j
  CROSS JOIN data_keys AS d ON d.service_id = j.service_id AND d.id = j.data_key_id`;

/** The names of a job, which its sender chose and which are stored encrypted. */
export type JobNames = Pick<Job, "name" | "fileName">;

/** A job without its names. */
export type JobFacts = Omit<Job, keyof JobNames>;

/** The additional authenticated data of a job's encrypted names, so that they can be decrypted in its own row only. */
export function jobAad(serviceId: string, jobId: string): string {
  return `job ${serviceId} ${jobId}`;
}

/** Encrypts the names of a job. */
export function encryptJobNames(
  { name, fileName }: JobNames,
  key: DataKey,
  aad: string,
): Promise<Bytes> {
  return key.encrypt(JSON.stringify({ name, fileName }), aad);
}

/** Decrypts the names of a job. */
export async function decryptJobNames(
  { serviceId, id }: JobFacts,
  encrypted: Bytes,
  key: DataKey,
): Promise<JobNames> {
  return JSON.parse(await key.decrypt(encrypted, jobAad(serviceId, id)));
}

/** Reads a row of `jobs` with its data key. */
export async function readJob(encryption: Encryption, row: Row): Promise<Job> {
  const facts = readJobFacts(row);
  const key = await dataKeyOf(encryption, facts.serviceId, row);
  return { ...facts, ...await decryptJobNames(facts, blob(row, "sealed"), key) };
}

/** Reads the columns of a row of `jobs` that are not encrypted. */
export function readJobFacts(row: Row): JobFacts {
  const abroadRows = integerOrNull(row, "abroad_rows");
  return {
    serviceId: uuid(row, "service_id") as ServiceId,
    id: uuid(row, "id") as JobId,
    channel: oneOf(row, "channel", CHANNELS),
    templateId: uuid(row, "template_id") as TemplateId,
    templateVersion: integer(row, "template_version"),
    keyKind: oneOf(row, "key_kind", KEY_KINDS),
    keyId: uuid(row, "api_key_id") as KeyId,
    senderId: uuidOrNull(row, "sender_id") as SenderId | null,
    status: oneOf(row, "status", JOB_STATUSES),
    rows: integer(row, "row_count"),
    ...(abroadRows === null ? {} : { abroadRows }),
    scheduledFor: integerOrNull(row, "scheduled_for"),
    validUntil: integerOrNull(row, "valid_until"),
    urgent: integer(row, "urgent") === 1,
    createdPaused: integer(row, "held") === 1,
    allowDuplicates: integer(row, "allow_duplicates") === 1,
    createdAt: integer(row, "created_at"),
    startedAt: integerOrNull(row, "started_at"),
    finishedAt: integerOrNull(row, "finished_at"),
    error: textOrNull(row, "error"),
  };
}

/** Reads a row of {@link SELECT_JOB}. */
export async function readProgress(encryption: Encryption, row: Row): Promise<JobProgress> {
  const counted: Readonly<Record<string, unknown>> = JSON.parse(text(row, "counts"));
  const counts = STATUSES.flatMap((status) => {
    const rows = counted[status];
    return typeof rows === "number" ? [[status, rows] as const] : [];
  });
  return { ...await readJob(encryption, row), counts: Object.fromEntries(counts) };
}
