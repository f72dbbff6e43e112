/** Wakes the consumers of the work queue for jobs that begin. */
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { AnnouncedJob, WorkAnnouncer } from "../delivery/queued/announce_work.ts";

/** The dependencies of {@link announceJobs}. */
export interface AnnounceJobsPorts {
  readonly announcer: Pick<WorkAnnouncer, "announceJob">;
  readonly clock: Pick<Clock, "now">;
  /** Called for a job that could not be announced. */
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
  async function announce(job: AnnouncedJob, scheduledFor: number | null): Promise<void> {
    if (!await announcer.announceJob(job, scheduledFor ?? clock.now())) onNotAnnounced();
  }

  async function announceStored(...[serviceId, id]: Parameters<JobStore["get"]>): Promise<void> {
    // The change is made; a job that cannot be read now is found by the cron.
    const job = await jobs.get(serviceId, id).catch(() => undefined);
    if (job !== undefined) await announce(job, job.scheduledFor);
  }

  return {
    ...jobs,
    async create(job, ...rest) {
      const result = await jobs.create(job, ...rest);
      if (result.kind === "created" && job.status !== "ready to send") {
        await announce(job, job.scheduledFor);
      }
      return result;
    },
    async start(serviceId, id, ...rest) {
      const isStarted = await jobs.start(serviceId, id, ...rest);
      if (isStarted) await announceStored(serviceId, id);
      return isStarted;
    },
    async resume(serviceId, id, ...rest) {
      const isResumed = await jobs.resume(serviceId, id, ...rest);
      if (isResumed) await announceStored(serviceId, id);
      return isResumed;
    },
  };
}
