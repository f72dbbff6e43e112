import type { Notification } from "../../domain/notification/notification.ts";
import type { Log } from "../../domain/ports/log.ts";

/**
 * Does some work for a notification, and keeps a failure from the others: it is logged, and leaves the row to whoever
 * claims it when its lease is over.
 *
 * @returns what the work gave, or `undefined` when it failed
 */
export type Guard = <T>(
  notification: Notification,
  work: () => Promise<T>,
) => Promise<T | undefined>;

/** Makes the guard that writes to a log. */
export function createGuard(log: Log): Guard {
  return async ({ serviceId, id }, work) => {
    try {
      return await work();
    } catch (error) {
      log({
        event: "attempt-error",
        service_id: serviceId,
        notification_id: id,
        error: error instanceof Error ? error.name : "unknown",
      });
      return undefined;
    }
  };
}
