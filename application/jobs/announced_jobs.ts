/** Wakes the consumers of the work queue for jobs that begin. */
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { WorkAnnouncer } from "../delivery/queued/announce_work.ts";
import { isReady, watchJobs } from "./watch_jobs.ts";

/** The dependencies of {@link announceJobs}. */
export interface AnnounceJobsPorts {
  readonly announcer: Pick<WorkAnnouncer, "announceJob">;
  readonly clock: Pick<Clock, "now">;
  /** Called for a job that begins at once and could not be announced. */
  readonly onNotAnnounced: (() => void) | undefined;
}

/**
 * Wraps the store of jobs so that a job that is created to begin, started or resumed is announced to the work queue: it
 * begins at once, or at its time, and not at the next cron. A message that could not be put fails nothing.
 */
export function announceJobs(
  jobs: JobStore,
  { announcer, clock, onNotAnnounced = () => {} }: AnnounceJobsPorts,
): JobStore {
  return watchJobs(jobs, async (job) => {
    const isAnnounced = await announcer.announceJob(job, job.scheduledFor ?? clock.now());
    if (!isAnnounced && isReady(job, clock)) onNotAnnounced();
  });
}
