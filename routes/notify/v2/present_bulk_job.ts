import type { Caller } from "../../../application/sending/authenticate.ts";
import type { JobProgress } from "../../../domain/jobs/job.ts";
import { toTimestampOrNull } from "../../../domain/time/timestamp.ts";

const KEY_TYPES = { live: "normal", team: "team", test: "test" } as const;

/**
 * Returns the JSON of a job in the format of GC Notify's bulk call (its `job_schema`). The service and the API key are
 * the caller's; fields that Hark does not have are `null`.
 */
export function presentBulkJob(
  job: JobProgress,
  { key, context: { service } }: Caller,
): Readonly<Record<string, unknown>> {
  return {
    id: job.id,
    original_file_name: job.name,
    // GC Notify knows no paused job.
    job_status: job.status === "paused" ? "in progress" : job.status,
    notification_count: job.rows,
    template: job.templateId,
    template_version: job.templateVersion,
    template_type: job.channel,
    service: service.id,
    service_name: { name: service.name },
    api_key: { id: key.id, name: key.name, key_type: KEY_TYPES[key.kind] },
    created_by: null,
    sender_id: job.senderId,
    scheduled_for: toTimestampOrNull(job.scheduledFor),
    // GC Notify's job has neither of these two.
    ...(job.validUntil === null ? {} : { valid_until: toTimestampOrNull(job.validUntil) }),
    ...(job.urgent ? { urgent: true } : {}),
    created_at: toTimestampOrNull(job.createdAt),
    updated_at: null,
    processing_started: toTimestampOrNull(job.startedAt),
    processing_finished: toTimestampOrNull(job.finishedAt),
    archived: false,
  };
}
