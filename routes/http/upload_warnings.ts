import type { Job } from "../../domain/jobs/job.ts";

/** A warning in the JSON answer to an upload: the earlier job with the same file. `created_at` is ISO 8601, UTC. */
export type UploadWarning = Readonly<Record<"code" | "job_id" | "created_at", string>>;

/**
 * Returns the `warnings` of the answer to an upload: one with the code `same-file` when there is a `duplicateUpload`,
 * the earlier job with the same file; otherwise none.
 */
export function presentUploadWarnings(duplicateUpload: Job | undefined): readonly UploadWarning[] {
  if (duplicateUpload === undefined) return [];
  const { id, createdAt } = duplicateUpload;
  return [{ code: "same-file", job_id: id, created_at: new Date(createdAt).toISOString() }];
}
