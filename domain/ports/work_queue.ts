import type { WorkMessage } from "../delivery/work_message.ts";

/** A message to put into the work queue. */
export interface QueuedMessage {
  readonly message: WorkMessage;
  /** How long the queue holds it back, in whole seconds; 0 when absent. */
  readonly delayS?: number;
}

/**
 * A queue whose consumers are woken by messages. It delivers each message at least once, in no particular order, and may
 * lose none that it took. It is no store of work: the outbox and the jobs are, and everything in it is found without it.
 */
export interface WorkQueue {
  /** The longest delay of a message, in seconds. */
  readonly maxDelayS: number;
  /**
   * Puts messages into the queue.
   *
   * @throws when some of them were not taken; others may have been
   */
  put(messages: readonly QueuedMessage[]): Promise<void>;
}
