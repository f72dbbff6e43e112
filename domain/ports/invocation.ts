/**
 * What an invocation of a serverless platform (a request with its tail, a cron event, a batch of queue messages) may
 * still do. A process that serves by itself has no such limits: every number is `Infinity`.
 */
export interface WorkBudget {
  /** Until the platform ends the invocation, in milliseconds; `Infinity` before a request is answered. */
  leftMs(): number;
  /** How many more calls (of the database, of providers, of endpoints) may be made. */
  callsLeft(): number;
  /** How many calls of providers may be under way. */
  callsAtOnce(): number;
  /** How many more messages its CPU time suffices for. */
  messagesLeft(): number;
  /** Counts messages against {@link messagesLeft}. */
  countMessages(count: number): void;
}

/**
 * Makes a function that returns a value of the invocation that calls it: `create` makes one for each, at its first call.
 * In a process that serves by itself there is one value. What one invocation waits for may not depend on another one,
 * which the platform can end at any time.
 */
export type PerInvocation = <T>(create: () => T) => () => T;
