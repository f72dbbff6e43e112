import type { JobChunk } from "../jobs/job.ts";

/** The queue of job chunks for the job runner. The lease's token fences every write after a claim. */
export interface JobQueue {
  /** As `Outbox.renewLeases`, for the leases of jobs. */
  renewLeases(endingAfter: number, until: number): Promise<void>;
  /**
   * Claims the next chunk of the runnable job that has waited longest: one that is `pending`, `scheduled` for a time that
   * has passed, or `in progress` without a lease. The first chunk makes the job `in progress`.
   *
   * @returns `undefined` when no job is runnable
   * @throws {JobError} when the chunk cannot be decrypted. It is retried with growing delays; after the last one its job
   * ends as `error`
   */
  claimChunk(now: number, leaseMs: number): Promise<JobChunk | undefined>;
  /**
   * Deletes a chunk that is done and releases the job, which is `finished` after its last chunk.
   *
   * @returns `false` when the lease was lost
   */
  finishChunk(chunk: JobChunk, now: number): Promise<boolean>;
  /** Releases the job. The chunk can be claimed again from `dueAt` on. */
  release(chunk: JobChunk, dueAt: number): Promise<void>;
  /** Ends a job that cannot continue, and deletes its remaining chunks. Rows that were accepted are still sent. */
  end(
    chunk: JobChunk,
    status: "sending limits exceeded" | "error",
    error: string | null,
    now: number,
  ): Promise<void>;
}
