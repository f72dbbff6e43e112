import type { JobChunk } from "../jobs/job.ts";

/** What the runner of jobs takes from. Everything that follows a claim is fenced by its lease. */
export interface JobQueue {
  /**
   * Takes the next part of the job that has waited longest for its turn: one that is pending, scheduled for a time that
   * has come, or in progress and held by nobody. A first part makes it `in progress`.
   *
   * @returns `undefined` when no job is due
   * @throws {JobError} where the part cannot be opened: it rests, ever longer, and ends its job as `error` in the end
   */
  claimChunk(now: number, leaseMs: number): Promise<JobChunk | undefined>;
  /**
   * Gives the job back, its part done and deleted; `finished` when it was the last.
   *
   * @returns `false` when the lease was lost
   */
  finishChunk(part: JobChunk, now: number): Promise<boolean>;
  /** Gives the job back with the part still to do, not before `dueAt`. */
  release(part: JobChunk, dueAt: number): Promise<void>;
  /** Ends a job that cannot go on, and deletes what is left of its list. What has been taken on is still sent. */
  end(
    part: JobChunk,
    status: "sending limits exceeded" | "error",
    error: string | null,
    now: number,
  ): Promise<void>;
}
