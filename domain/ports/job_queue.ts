import type { JobId, ServiceId } from "../ids.ts";
import type { JobChunk } from "../jobs/job.ts";
import type { Channel } from "../service/service.ts";

/** A job with something to do, and its first chunk. */
export interface DueJob {
  readonly serviceId: ServiceId;
  readonly id: JobId;
  readonly channel: Channel;
  readonly firstPart: number;
}

/**
 * The queue of job chunks for the job runner. A job is the sending of one template to every row of a file; a chunk is
 * some of its rows. A claim leases the job to one worker, and after the lease was lost that worker's writes change
 * nothing.
 */
export interface JobQueue {
  /**
   * Makes every lease of a job that ends after the time `endingAfter` end at `until` instead. Called after the clock
   * was set, when leases would end too early or too late. Their holders keep them.
   */
  renewLeases(endingAfter: number, until: number): Promise<void>;
  /**
   * Claims the next chunk of the runnable job that has waited longest: one that is `pending`, `scheduled` for a time
   * that has passed, or `in progress` without a lease. The first chunk makes the job `in progress`.
   *
   * @param now epoch milliseconds
   * @param leaseMs how long the lease lasts
   * @returns `undefined` when no job is runnable
   * @throws {JobError} when the chunk cannot be decrypted. It is retried with growing delays; after the last one its
   * job ends as `error`
   */
  claimChunk(now: number, leaseMs: number): Promise<JobChunk | undefined>;
  /**
   * Claims one chunk of a runnable job by its number, beside others of the job that are claimed so: their workers share
   * one lease of the job, which each claim extends. Two workers that claim the same chunk both get it, and the accept
   * store accepts each row once.
   *
   * @returns `busy` when a worker has the job by {@link claimChunk}; `absent` when the job is not runnable or has no such
   * chunk
   * @throws {JobError} as {@link claimChunk}
   */
  claimPart(
    serviceId: ServiceId,
    jobId: JobId,
    part: number,
    now: number,
    leaseMs: number,
  ): Promise<JobChunk | "busy" | "absent">;
  /**
   * Deletes a chunk that {@link claimPart} returned and whose rows are all accepted, and extends the shared lease. After
   * the job's last chunk the job ends as {@link finishChunk} says.
   *
   * @returns `false` when the lease was lost
   */
  finishPart(chunk: JobChunk, now: number, leaseMs: number): Promise<boolean>;
  /** Lists the jobs that {@link claimChunk} would claim a chunk of, those that have waited longest first. */
  listDue(now: number, limit: number): Promise<readonly DueJob[]>;
  /**
   * Deletes a chunk whose rows are all accepted, and releases the job: it is runnable again, after the jobs that wait
   * now. After its last chunk the job is `finished`; or `error` with the code `rows-missing` when fewer rows were
   * accepted than it has.
   *
   * @returns `false` when the lease was lost
   */
  finishChunk(chunk: JobChunk, now: number): Promise<boolean>;
  /** Releases the job without finishing the chunk, which can be claimed again from `dueAt` (epoch milliseconds) on. */
  release(chunk: JobChunk, dueAt: number): Promise<void>;
  /**
   * Ends a job that cannot continue, and deletes its remaining chunks. Rows that were accepted are still sent.
   *
   * @param error the job's error code, `null` for `sending limits exceeded`
   */
  end(
    chunk: JobChunk,
    status: "sending limits exceeded" | "error",
    error: string | null,
    now: number,
  ): Promise<void>;
}
