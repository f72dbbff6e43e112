import type { JobId, ServiceId } from "../ids.ts";
import type { Job } from "./job.ts";

/**
 * Thrown when the processing of a job's chunk fails, so that the failure is logged with the job's ids; `cause` holds
 * the reason. The chunk is retried later, unless the job has ended as `error` after 72 hours of failed decryption.
 */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly serviceId: ServiceId;
  readonly jobId: JobId;

  constructor({ serviceId, id }: Pick<Job, "serviceId" | "id">, cause: unknown) {
    super("a job failed and will be retried", { cause });
    this.serviceId = serviceId;
    this.jobId = id;
  }
}
