/** Announces to the work queue what a cron could not finish. */
import type { Clock } from "../../../domain/ports/clock.ts";
import type { JobQueue } from "../../../domain/ports/job_queue.ts";
import type { Outbox } from "../../../domain/ports/outbox.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";
import type { WorkAnnouncer } from "./announce_work.ts";

/** Max notifications of a channel that one cron announces: 20 messages. The next cron announces further ones. */
export const MAX_ANNOUNCED_ROWS = 10_000;
/** Max jobs that one cron announces. */
export const MAX_ANNOUNCED_JOBS = 100;

/** The dependencies of {@link createAnnounceUnfinished}. */
export interface AnnounceUnfinishedPorts {
  readonly announcer: WorkAnnouncer;
  readonly outbox: Pick<Outbox, "listDue">;
  readonly jobs: Pick<JobQueue, "listDue">;
  readonly clock: Pick<Clock, "now">;
  /** The channels all of whose providers are held back: consumers could send none of their notifications. */
  readonly heldChannels: () => readonly Channel[];
}

/**
 * Creates the function that announces notifications and jobs that are due and that no worker has leased.
 *
 * @throws errors of the store
 */
export function createAnnounceUnfinished(
  { announcer, outbox, jobs, clock, heldChannels }: AnnounceUnfinishedPorts,
): () => Promise<void> {
  return async () => {
    const now = clock.now();
    const held = heldChannels();
    const channels = CHANNELS.filter((channel) => !held.includes(channel));
    const [rows, dueJobs] = await Promise.all([
      outbox.listDue(now, channels, MAX_ANNOUNCED_ROWS),
      jobs.listDue(now, MAX_ANNOUNCED_JOBS),
    ]);
    await announcer.announceDue(rows);
    for (const job of dueJobs) await announcer.announceJob(job, now, job.firstPart);
  };
}
