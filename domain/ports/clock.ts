import type { NotificationId } from "../ids.ts";

/** The source of time, ids and randomness. Notification ids of one isolate always increase, even within a millisecond. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** A new UUID version 7. */
  newNotificationId(): NotificationId;
  /** A new UUID version 4. */
  newId(): string;
  /** A number in [0, 1). */
  random(): number;
}
