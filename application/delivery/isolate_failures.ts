import type { Notification } from "../../domain/notification/notification.ts";
import type { Log } from "../../domain/ports/log.ts";

/**
 * Runs the work of one notification so that its failure does not affect other notifications. A failure is logged; the
 * next worker claims the row when its lease expires.
 *
 * @returns the result of the work, or `undefined` when it failed
 */
export type IsolateFailures = <T>(
  notification: Notification,
  work: () => Promise<T>,
) => Promise<T | undefined>;

/** Creates an isolation that logs failures. */
export function createIsolateFailures(log: Log): IsolateFailures {
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
