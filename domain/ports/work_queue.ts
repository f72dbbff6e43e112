import type { WorkMessage } from "../delivery/work_message.ts";

/** A message to put into the work queue. */
export interface QueuedMessage {
  readonly message: WorkMessage;
  /** How long the queue holds it back, in whole seconds; 0 when absent. */
  readonly delayS?: number;
}

/**
 * A queue whose messages wake consumers for work that the outbox and the jobs hold. It delivers each message that it took
 * at least once, in any order. The background work finds the same work without it.
 */
export interface WorkQueue {
  /** The longest delay of a message, in seconds. */
  readonly maxDelayS: number;
  /**
   * Puts messages into the queue.
   *
   * @throws when the queue did not take all messages; it may have taken some
   */
  put(messages: readonly QueuedMessage[]): Promise<void>;
}
