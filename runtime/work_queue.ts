/** The parts of the application that use the work queue. Only an application with a queue loads this module. */
import { workBudget } from "../adapters/invocation/invocation.ts";
import { announceMany } from "../application/delivery/queued/announce_many.ts";
import {
  type AnnounceUnfinishedPorts,
  createAnnounceUnfinished,
} from "../application/delivery/queued/announce_unfinished.ts";
import { createWorkAnnouncer } from "../application/delivery/queued/announce_work.ts";
import type {
  WorkConsumer,
  WorkConsumerPorts,
} from "../application/delivery/queued/consume_work.ts";
import { announceJobs } from "../application/jobs/announced_jobs.ts";
import type { JobStore } from "../domain/ports/job_store.ts";
import type { WorkQueue } from "../domain/ports/work_queue.ts";

/** The dependencies that all parts share. */
type WorkQueuePorts = Pick<WorkConsumerPorts, "clock" | "log"> & {
  /** Called when a job begins at once that no message announces. */
  readonly onJobReady: (() => void) | undefined;
};

/** Returns functions that create or wrap the parts of the application which use the queue. */
export function useWorkQueue(queue: WorkQueue, { clock, log, onJobReady }: WorkQueuePorts) {
  const announcer = createWorkAnnouncer({ queue, clock, log });
  return {
    /** Wraps the store of jobs so that a job that begins is announced. */
    announceJobs: (jobs: JobStore) =>
      announceJobs(jobs, { announcer, clock, onNotAnnounced: onJobReady }),
    /** Creates the function that announces what a cron leaves. */
    announceUnfinished: (rest: Omit<AnnounceUnfinishedPorts, "announcer" | "clock">) =>
      createAnnounceUnfinished({ announcer, clock, ...rest }),
    /** Wraps the trigger of a dispatch so that many notifications are announced instead. */
    announceMany: (dispatch: () => Promise<void>) => announceMany(dispatch, announcer),
    /** Creates the function that loads the consumer. */
    loadConsumer:
      (rest: Omit<WorkConsumerPorts, "announcer" | "budget" | "clock" | "log">) =>
      async (): Promise<WorkConsumer> => {
        const { createWorkConsumer } = await import(
          "../application/delivery/queued/consume_work.ts"
        );
        return createWorkConsumer({ clock, log, announcer, budget: workBudget, ...rest });
      },
  };
}
