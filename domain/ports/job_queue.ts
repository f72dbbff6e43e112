import type { JobChunk } from "../jobs/job.ts";

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
