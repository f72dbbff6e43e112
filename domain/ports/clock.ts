import type { NotificationId } from "../ids.ts";

/** Time and identity. Ids of one isolate never go back, even within a millisecond. */
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
