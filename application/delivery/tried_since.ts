import type { Notification } from "../../domain/notification/notification.ts";

/**
 * Returns the time from which the 72 hours of tries at a notification count, in epoch milliseconds: its redrive (when the
 * operator put it back after a failure), the time that it was scheduled for, or its accept.
 */
export function triedSince(
  { notification: { delivery, createdAt }, redrivenAt }: {
    readonly notification: Pick<Notification, "delivery" | "createdAt">;
    readonly redrivenAt?: number;
  },
): number {
  return redrivenAt ?? delivery?.scheduledFor ?? createdAt;
}
