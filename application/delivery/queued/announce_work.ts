/** Puts messages into the work queue about work that the database already has. */
import {
  jobMessage,
  sendMessages,
  type WorkMessage,
} from "../../../domain/delivery/work_message.ts";
import { errorName } from "../../../domain/text/error_name.ts";
import type { JobId, ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Log } from "../../../domain/ports/log.ts";
import type { DueRow } from "../../../domain/ports/outbox.ts";
import type { QueuedMessage, WorkQueue } from "../../../domain/ports/work_queue.ts";
import type { Channel } from "../../../domain/service/service.ts";
import { SECOND_MS } from "../../../domain/time/durations.ts";

/**
 * How many parts of one job are announced at a time; the end of each announces another one. So parts run side by side,
 * and a large job leaves room in the queue for others.
 */
export const PARTS_AT_ONCE = 4;

/** A job with parts that are to be accepted. */
export interface AnnouncedJob {
  readonly serviceId: ServiceId;
  readonly id: JobId;
  readonly channel: Channel;
}

/**
 * Tells consumers of the work queue what to do. A message that could not be put does no harm: the cron finds the work.
 * Nothing here rejects.
 */
export interface WorkAnnouncer {
  /** Announces notifications that are due. @returns whether all messages were put */
  sends(due: readonly DueRow[]): Promise<boolean>;
  /**
   * Announces the next parts of a job that begins at a time (epoch milliseconds), or is under way. A job that begins
   * after the longest delay of the queue is left to the cron.
   *
   * @param firstPart the number of the first part that may be left
   */
  job(job: AnnouncedJob, dueAt: number, firstPart?: number): Promise<boolean>;
  /** Puts messages anew whose work an invocation had no time for. */
  again(messages: readonly WorkMessage[]): Promise<boolean>;
  /** Announces notifications of a job's part, and the part whose turn comes after it. */
  afterPart(
    job: AnnouncedJob,
    part: number,
    accepted: readonly DueRow[],
  ): Promise<boolean>;
}

/** Creates a {@link WorkAnnouncer} over a queue. */
export function createWorkAnnouncer(
  { queue, clock, log }: {
    readonly queue: WorkQueue;
    readonly clock: Pick<Clock, "now">;
    readonly log: Log;
  },
): WorkAnnouncer {
  async function put(messages: readonly QueuedMessage[]): Promise<boolean> {
    if (messages.length === 0) return true;
    try {
      await queue.put(messages);
      return true;
    } catch (error) {
      log({
        event: "queue-put-failed",
        messages: messages.length,
        error: errorName(error),
      });
      return false;
    }
  }

  return {
    sends: (due) => put(toSendMessages(due)),
    async job(job, dueAt, firstPart = 0) {
      const delayS = Math.max(0, Math.ceil((dueAt - clock.now()) / SECOND_MS));
      if (delayS > queue.maxDelayS) return false;
      return await put(
        Array.from({ length: PARTS_AT_ONCE }, (_, index) => ({
          message: jobMessage(job, firstPart + index),
          ...(delayS === 0 ? {} : { delayS }),
        })),
      );
    },
    again: (messages) => put(messages.map((message) => ({ message }))),
    afterPart: (job, part, accepted) =>
      put([
        ...toSendMessages(accepted),
        { message: jobMessage(job, part + PARTS_AT_ONCE) },
      ]),
  };
}

/** Messages of one service and channel each. Those of several services alternate, so that none waits for another. */
function toSendMessages(due: readonly DueRow[]): readonly QueuedMessage[] {
  const groups = Map.groupBy(due, ({ serviceId, channel }) => `${serviceId} ${channel}`);
  const queues = Array.from(groups.values(), (group) => {
    const [first] = group;
    const ids = group.map(({ notificationId }) => notificationId);
    return first === undefined ? [] : sendMessages(first.serviceId, first.channel, ids);
  });
  const most = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from(
    { length: most },
    (_, round) =>
      queues.flatMap((messages) => messages[round] ?? []).map((message) => ({ message })),
  ).flat();
}
