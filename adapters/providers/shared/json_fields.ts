import { type NotificationRef, parseNotificationId, parseServiceId } from "../../../domain/ids.ts";

/** The entry of a table under an untrusted key. Properties that objects inherit do not count. */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  key: string | undefined,
): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Parses our own reference as the provider returned it; `undefined` unless both parts are valid ids. */
export function parseRef(serviceId: unknown, notificationId: unknown): NotificationRef | undefined {
  const service = parseServiceId(serviceId);
  const notification = parseNotificationId(notificationId);
  return service && notification && { serviceId: service, notificationId: notification };
}
