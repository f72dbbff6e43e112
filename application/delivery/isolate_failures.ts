import { errorName } from "../../domain/text/error_name.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { Log } from "../../domain/ports/log.ts";

/**
 * Runs the work on one notification, and catches its error so that other notifications are not affected. The error's
 * name is logged (event `attempt-error`). When the notification's lease expires, the next worker claims it again.
 *
 * @returns the result of the work, or `undefined` when it failed
 */
export type IsolateFailures = <T>(
  notification: Notification,
  work: () => Promise<T>,
) => Promise<T | undefined>;

/** Creates the function that isolates failures. @param log gets a line for each failure */
export function createIsolateFailures(log: Log): IsolateFailures {
  return async ({ serviceId, id }, work) => {
    try {
      return await work();
    } catch (error) {
      log({
        event: "attempt-error",
        service_id: serviceId,
        notification_id: id,
        error: errorName(error),
      });
      return undefined;
    }
  };
}
