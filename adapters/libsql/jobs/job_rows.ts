import type { JobId, KeyId, SenderId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import type { Job, JobProgress } from "../../../domain/jobs/job.ts";
import { JOB_STATUSES } from "../../../domain/jobs/status.ts";
import { CHANNELS, KEY_KINDS } from "../../../domain/service/service.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import {
  integer,
  integerOrNull,
  oneOf,
  storedText,
  storedTextOrNull,
  text,
  textOrNull,
} from "../connection/row.ts";
import type { Row } from "../connection/database.ts";

/** A job's counters as one JSON object, beside the columns of `j`. */
export const COUNTS = `(SELECT json_group_object(k.status, k.rows) FROM job_counts AS k
  WHERE k.service_id = j.service_id AND k.job_id = j.id AND k.rows > 0) AS counts`;

/** What a part of a list is bound to, so that it opens in its own row only. */
export function partContext(serviceId: string, jobId: string, number: number): string {
  return `job-part ${serviceId} ${jobId} ${number}`;
}

/** Reads a row of `jobs`. */
export function readJob(row: Row): Job {
  return {
    serviceId: text(row, "service_id") as ServiceId,
    id: text(row, "id") as JobId,
    name: storedText(row, "name"),
    fileName: storedTextOrNull(row, "file_name"),
    channel: oneOf(row, "channel", CHANNELS),
    templateId: text(row, "template_id") as TemplateId,
    templateVersion: integer(row, "template_version"),
    keyKind: oneOf(row, "key_kind", KEY_KINDS),
    keyId: text(row, "api_key_id") as KeyId,
    senderId: textOrNull(row, "sender_id") as SenderId | null,
    status: oneOf(row, "status", JOB_STATUSES),
    rows: integer(row, "row_count"),
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

/** Reads a row of `jobs` with {@link COUNTS}. */
export function readProgress(row: Row): JobProgress {
  const counted: Readonly<Record<string, unknown>> = JSON.parse(text(row, "counts"));
  const counts = STATUSES.flatMap((status) => {
    const rows = counted[status];
    return typeof rows === "number" ? [[status, rows] as const] : [];
  });
  return { ...readJob(row), counts: Object.fromEntries(counts) };
}
