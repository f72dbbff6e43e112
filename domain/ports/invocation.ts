/**
 * What an invocation of a serverless platform (a request with its tail, a cron event, a batch of queue messages) may
 * still do. A process that serves by itself has no such limits: every number is `Infinity`.
 */
export interface WorkBudget {
  /** Until the platform ends the invocation, in milliseconds; `Infinity` before a request is answered. */
  leftMs(): number;
  /** How many more calls (of the database, of providers, of endpoints) may be made. */
  callsLeft(): number;
  /** How many calls may be under way at a time; further calls wait. */
  callsAtOnce(): number;
  /** How many more messages its CPU time suffices for. */
  messagesLeft(): number;
  /** Counts messages against {@link messagesLeft}. */
  countMessages(count: number): void;
}

/**
 * Makes a function that returns a value of the invocation that calls it: `create` makes a value for each invocation, at
 * its first call. In a process that serves by itself there is one value. An invocation may not wait for a promise of
 * another invocation, which the platform can end at any time.
 */
export type PerInvocation = <T>(create: () => T) => () => T;
