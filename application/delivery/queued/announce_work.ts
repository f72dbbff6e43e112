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
import { alternate } from "./alternate.ts";

/**
 * How many parts of one job are in the queue at a time: the end of a part announces the next one. So parts run side by
 * side, and a large job leaves room in the queue for others.
 */
export const PARTS_AT_ONCE = 4;

/** A job with parts that are to be accepted. */
export interface AnnouncedJob {
  readonly serviceId: ServiceId;
  readonly id: JobId;
  readonly channel: Channel;
}

/**
 * Puts messages for consumers into the work queue. Each method returns whether the queue took all its messages, and never
 * rejects: a message that the queue did not take is logged, and the cron finds its work.
 */
export interface WorkAnnouncer {
  /** Announces notifications that are due. */
  announceDue(due: readonly DueRow[]): Promise<boolean>;
  /**
   * Announces {@link PARTS_AT_ONCE} parts of a job that begins at `dueAt` (epoch milliseconds), or is under way. A job
   * that begins after the longest delay of the queue is left to the cron, with `false`.
   *
   * @param firstPart the number of the first part that may still have rows to accept; 0 by default
   */
  announceJob(job: AnnouncedJob, dueAt: number, firstPart?: number): Promise<boolean>;
  /** Puts messages again whose work an invocation had no time for. */
  putAgain(messages: readonly WorkMessage[]): Promise<boolean>;
  /** Announces the notifications that a job's part has become, and the job's next part that is not in the queue yet. */
  announceNextPart(
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
    announceDue: (due) => put(toSendMessages(due)),
    async announceJob(job, dueAt, firstPart = 0) {
      const delayS = Math.max(0, Math.ceil((dueAt - clock.now()) / SECOND_MS));
      if (delayS > queue.maxDelayS) return false;
      return await put(
        Array.from({ length: PARTS_AT_ONCE }, (_, index) => ({
          message: jobMessage(job, firstPart + index),
          ...(delayS === 0 ? {} : { delayS }),
        })),
      );
    },
    putAgain: (messages) => put(messages.map((message) => ({ message }))),
    announceNextPart: (job, part, accepted) =>
      put([
        ...toSendMessages(accepted),
        { message: jobMessage(job, part + PARTS_AT_ONCE) },
      ]),
  };
}

/** Makes messages of one service and channel each. Services alternate, so that none waits for all of another. */
function toSendMessages(due: readonly DueRow[]): readonly QueuedMessage[] {
  const groups = Map.groupBy(due, ({ serviceId, channel }) => `${serviceId} ${channel}`);
  const messages = Array.from(groups.values(), (group) => {
    const [first] = group;
    const ids = group.map(({ notificationId }) => notificationId);
    return first === undefined ? [] : sendMessages(first.serviceId, first.channel, ids);
  });
  return alternate(messages).map((message) => ({ message }));
}
