import { type NotificationRef, parseNotificationId, parseServiceId } from "../../../domain/ids.ts";

/**
 * Returns the table's entry for a key from outside, or `undefined` when it has none. Properties that every object
 * inherits, such as `constructor`, do not count.
 */
export function lookUp<T>(
  table: Readonly<Record<string, T>>,
  key: string | undefined,
): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/**
 * Returns the field with the number of an attempt. Hark sends it to the provider beside the message's ids, so that
 * receipts name the attempt. Empty for `undefined`, which stands for the first attempt.
 */
export function toAttemptField(
  attempt: number | undefined,
): { readonly attempt?: string } {
  return attempt === undefined ? {} : { attempt: String(attempt) };
}

/**
 * Parses the number that {@link toAttemptField} attached to a message and a receipt returned. Empty for anything but a
 * text of a whole number from 1 to 999999.
 */
export function parseAttemptField(value: unknown): { readonly attempt?: number } {
  return typeof value === "string" && /^[1-9]\d{0,5}$/.test(value)
    ? { attempt: Number(value) }
    : {};
}

/**
 * Parses the ids of service and notification that Hark attached to a message and the provider's receipt returned. The
 * result is `undefined` unless both are valid ids.
 */
export function parseRef(serviceId: unknown, notificationId: unknown): NotificationRef | undefined {
  const service = parseServiceId(serviceId);
  const notification = parseNotificationId(notificationId);
  return service && notification && { serviceId: service, notificationId: notification };
}
