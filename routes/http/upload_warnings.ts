import type { Job } from "../../domain/jobs/job.ts";

/** A warning in the answer to an upload, as JSON. */
export type UploadWarning = Readonly<Record<"code" | "job_id" | "created_at", string>>;

/** Warns that the same file was uploaded before, where it was. */
export function presentUploadWarnings(duplicateUpload: Job | undefined): readonly UploadWarning[] {
  if (duplicateUpload === undefined) return [];
  const { id, createdAt } = duplicateUpload;
  return [{ code: "same-file", job_id: id, created_at: new Date(createdAt).toISOString() }];
}
