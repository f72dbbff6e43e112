import type { JobId, ServiceId } from "../ids.ts";
import type { Job } from "./job.ts";

/** A job could not be gone on with for now; `cause` says why. */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly serviceId: ServiceId;
  readonly jobId: JobId;

  constructor({ serviceId, id }: Pick<Job, "serviceId" | "id">, cause: unknown) {
    super("a job could not be gone on with", { cause });
    this.serviceId = serviceId;
    this.jobId = id;
  }
}
