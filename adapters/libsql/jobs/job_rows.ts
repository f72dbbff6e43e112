import type {
  JobId,
  KeyId,
  ListDraftId,
  SenderId,
  ServiceId,
  TemplateId,
  UserId,
} from "../../../domain/ids.ts";
import { type Job, type JobProgress, PAUSE_REASONS } from "../../../domain/jobs/job.ts";
import {
  BLOCKING_WARNINGS,
  type ListReading,
  WARNING_CODES,
} from "../../../domain/jobs/list_reading.ts";
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

/**
 * The additional authenticated data of an encrypted chunk (the rows of a job that are processed in one step), so that
 * it can be decrypted in its own row of the table only.
 *
 * @param number the chunk's number within its job
 */
export function chunkAad(serviceId: string, jobId: string, number: number): string {
  return `job-part ${serviceId} ${jobId} ${number}`;
}

/**
 * Selects jobs `j` with their data keys and `counts`, the numbers of their accepted rows by status as JSON; append a
 * condition.
 */
export const SELECT_JOB = `SELECT j.*, ${DATA_KEY_COLUMNS}, ${COUNTS} FROM jobs AS j
  CROSS JOIN data_keys AS d ON d.service_id = j.service_id AND d.id = j.data_key_id`;

/**
 * The parts of a job that are stored encrypted: its name and its file's, which its sender chose, headings and
 * sample cells of its recipient list.
 */
export interface JobSecrets extends Pick<Job, "name" | "fileName" | "columns"> {
  readonly sample: ListReading["sample"];
}

/** A job without its encrypted parts. */
export interface JobFacts extends Omit<Job, "name" | "fileName" | "columns" | "reading"> {
  readonly reading: Omit<ListReading, "sample">;
}

/** The additional authenticated data of a job's encrypted parts, so that they can be decrypted in its own row only. */
export function jobAad(serviceId: string, jobId: string): string {
  return `job ${serviceId} ${jobId}`;
}

/**
 * Encrypts the parts of a job that are not stored in clear.
 *
 * @param aad as `jobAad` returns it
 */
export function encryptJobSecrets(
  { name, fileName, columns, reading: { sample } }: Job,
  key: DataKey,
  aad: string,
): Promise<Bytes> {
  const secrets: JobSecrets = {
    name,
    fileName,
    sample,
    ...(columns === undefined ? {} : { columns }),
  };
  return key.encrypt(JSON.stringify(secrets), aad);
}

/** Decrypts the encrypted parts of a job, and returns the whole job. */
export async function toJob(facts: JobFacts, encrypted: Bytes, key: DataKey): Promise<Job> {
  const secrets: Omit<JobSecrets, "sample"> & Partial<JobSecrets> = JSON.parse(
    await key.decrypt(encrypted, jobAad(facts.serviceId, facts.id)),
  );
  // Jobs of versions before have no sample.
  const { name, fileName, columns, sample = [] } = secrets;
  const reading = { ...facts.reading, sample };
  return { ...facts, name, fileName, ...(columns === undefined ? {} : { columns }), reading };
}

/** Reads a row of `jobs` with its data key. */
export async function readJob(encryption: Encryption, row: Row): Promise<Job> {
  const facts = readJobFacts(row);
  const key = await dataKeyOf(encryption, facts.serviceId, row);
  return await toJob(facts, blob(row, "sealed"), key);
}

/** Reads the columns of a row of `jobs` that are not encrypted. */
export function readJobFacts(row: Row): JobFacts {
  const abroadRows = integerOrNull(row, "abroad_rows");
  const authorId = uuidOrNull(row, "author_id");
  return {
    serviceId: uuid(row, "service_id") as ServiceId,
    id: uuid(row, "id") as JobId,
    channel: oneOf(row, "channel", CHANNELS),
    templateId: uuid(row, "template_id") as TemplateId,
    templateVersion: integer(row, "template_version"),
    keyKind: oneOf(row, "key_kind", KEY_KINDS),
    keyId: uuid(row, "api_key_id") as KeyId,
    ...(authorId === null ? {} : { authorId: authorId as UserId }),
    senderId: uuidOrNull(row, "sender_id") as SenderId | null,
    status: oneOf(row, "status", JOB_STATUSES),
    rows: integer(row, "row_count"),
    ...(abroadRows === null ? {} : { abroadRows }),
    ...readListFacts(row),
    scheduledFor: integerOrNull(row, "scheduled_for"),
    validUntil: integerOrNull(row, "valid_until"),
    urgent: integer(row, "urgent") === 1,
    createdPaused: integer(row, "held") === 1,
    allowDuplicates: integer(row, "allow_duplicates") === 1,
    reading: {
      encoding: textOrNull(row, "encoding"),
      warnings: readCodes(row, "warnings", BLOCKING_WARNINGS),
      requestedEncoding: textOrNull(row, "requested_encoding"),
      acceptedWarnings: readCodes(row, "accepted_warnings", WARNING_CODES),
    },
    createdAt: integer(row, "created_at"),
    startedAt: integerOrNull(row, "started_at"),
    finishedAt: integerOrNull(row, "finished_at"),
    error: textOrNull(row, "error"),
  };
}

/** Reads how a job's list was read, and when it pauses. A default is left out. */
function readListFacts(row: Row) {
  const leftOut = integerOrNull(row, "left_out");
  const pauseAtFailures = integerOrNull(row, "pause_at_failures");
  const requestedPauseAt = integerOrNull(row, "requested_pause_at");
  const draftId = uuidOrNull(row, "draft_id") as ListDraftId | null;
  return {
    ...(integer(row, "skip_bad_rows") === 1 ? { skipBadRows: true as const } : {}),
    ...(leftOut === null ? {} : { leftOut }),
    ...(pauseAtFailures === null ? {} : { pauseAtFailures }),
    ...(requestedPauseAt === null ? {} : { requestedPauseAt }),
    ...(row.paused_by === null ? {} : { pausedBy: oneOf(row, "paused_by", PAUSE_REASONS) }),
    ...(draftId === null ? {} : { draftId }),
  };
}

/** Reads a column of codes as JSON. Codes that this version does not know are left out. */
function readCodes<Code extends string>(
  row: Row,
  column: string,
  known: readonly Code[],
): readonly Code[] {
  const codes: unknown = JSON.parse(text(row, column));
  return known.filter((code) => Array.isArray(codes) && codes.includes(code));
}

/**
 * Reads a row of {@link SELECT_JOB}: the job, decrypted, and the number of its accepted rows by status. A status
 * without rows is left out.
 */
export async function readProgress(encryption: Encryption, row: Row): Promise<JobProgress> {
  const counted: Readonly<Record<string, unknown>> = JSON.parse(text(row, "counts"));
  const counts = STATUSES.flatMap((status) => {
    const rows = counted[status];
    return typeof rows === "number" ? [[status, rows] as const] : [];
  });
  return { ...await readJob(encryption, row), counts: Object.fromEntries(counts) };
}
