import { parseNotificationId, parseServiceId } from "../../../domain/ids.ts";
import type { NotificationRef } from "../../../domain/delivery/outgoing_message.ts";

/** The entry of a table under a key that came from outside, never one that every object inherits. */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  key: string | undefined,
): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Our own reference as a provider gave it back; `undefined` unless both parts are ids. */
export function parseRef(serviceId: unknown, notificationId: unknown): NotificationRef | undefined {
  const service = parseServiceId(serviceId);
  const notification = parseNotificationId(notificationId);
  return service && notification && { serviceId: service, notificationId: notification };
}
