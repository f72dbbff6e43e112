/** Calls a function for each job that begins. */
import type { JobId, ServiceId } from "../../domain/ids.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";

/**
 * Wraps the store of jobs so that `onBegin` is called for each job that is created to begin, started or resumed, before
 * the call of the store returns.
 *
 * @param onBegin never rejects
 */
export function watchJobs(
  jobs: JobStore,
  onBegin: (job: Job) => Promise<void> | void,
): JobStore {
  async function readBegun(serviceId: ServiceId, id: JobId): Promise<void> {
    // The change is made; a job that cannot be read now is found by the cron.
    const job = await jobs.get(serviceId, id).catch(() => undefined);
    if (job !== undefined) await onBegin(job);
  }

  return {
    ...jobs,
    async create(job, ...rest) {
      const result = await jobs.create(job, ...rest);
      if (result.kind === "created" && job.status !== "ready to send") await onBegin(job);
      return result;
    },
    async start(serviceId, id, ...rest) {
      const isStarted = await jobs.start(serviceId, id, ...rest);
      if (isStarted) await readBegun(serviceId, id);
      return isStarted;
    },
    async resume(serviceId, id, ...rest) {
      const isResumed = await jobs.resume(serviceId, id, ...rest);
      if (isResumed) await readBegun(serviceId, id);
      return isResumed;
    },
  };
}

/** Wraps the store of jobs so that `onReady` is called when a job begins at once, and not for one of later. */
export function watchReadyJobs(
  jobs: JobStore,
  clock: Pick<Clock, "now">,
  onReady: () => void,
): JobStore {
  return watchJobs(jobs, (job) => {
    if (isReady(job, clock)) onReady();
  });
}

/** Whether a job may begin now; the cron and the loop of a process find others when they may. */
export function isReady({ scheduledFor }: Job, clock: Pick<Clock, "now">): boolean {
  return scheduledFor === null || scheduledFor <= clock.now();
}
