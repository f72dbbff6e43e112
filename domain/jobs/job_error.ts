import type { JobId, ServiceId } from "../ids.ts";
import type { Job } from "./job.ts";

/** A job failed for now and will be retried; `cause` holds the reason. */
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
