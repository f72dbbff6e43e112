/** An event as services receive it: the feed and the callbacks give the same. */
import { STATUS_TABLE } from "../notification/status.ts";
import { toTimestamp, toTimestampOrNull } from "../time/timestamp.ts";
import { eventId, type ServiceEvent } from "./service_event.ts";

/** An event in the JSON of the feed of events. Times are formatted as in GOV.UK Notify. */
export interface PresentedEvent {
  readonly sequence: number;
  readonly id: string;
  /** Such as `notification.delivered` or `notification.acknowledged`. */
  readonly type: string;
  readonly created_at: string;
  /** The JSON of the callback that announces the event. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Makes the JSON by which the feed and the callbacks report an event. */
export function presentEvent(event: ServiceEvent): PresentedEvent {
  return {
    sequence: event.sequence,
    id: eventId(event),
    type: `notification.${event.type}`,
    created_at: toTimestamp(event.at),
    data: event.type === "complaint" ? complaintPayload(event) : deliveryPayload(event),
  };
}

/**
 * The JSON of GOV.UK Notify's delivery callback, with the status right after the event. Of a notification that was
 * deleted only `id`, `status` and `completed_at` are known; the other fields are `null`.
 */
function deliveryPayload(event: ServiceEvent): Readonly<Record<string, unknown>> {
  const { notification, notificationId, status } = event;
  return {
    id: notificationId,
    reference: notification?.reference ?? null,
    to: notification?.personal.to ?? null,
    status: STATUS_TABLE[status].v2,
    created_at: toTimestampOrNull(notification?.createdAt ?? null),
    completed_at: toTimestampOrNull(completedAt(event)),
    sent_at: toTimestampOrNull(notification?.sentAt ?? null),
    notification_type: notification?.channel ?? null,
    template_id: notification?.templateId ?? null,
    template_version: notification?.templateVersion ?? null,
  };
}

/** When the notification had been completed at the time of the event; `null` when it was under way. */
function completedAt({ at, notification, status, type }: ServiceEvent): number | null {
  if (!STATUS_TABLE[status].completed) return null;
  const completed = notification?.completedAt ?? at;
  return type === status ? at : Math.min(completed, at);
}

/**
 * The JSON of GOV.UK Notify's complaint callback. A notification has one complaint at most, so its id is the
 * complaint's too.
 */
function complaintPayload(event: ServiceEvent): Readonly<Record<string, unknown>> {
  const { at, notification, notificationId } = event;
  return {
    notification_id: notificationId,
    complaint_id: notificationId,
    reference: notification?.reference ?? null,
    to: notification?.personal.to ?? null,
    complaint_date: toTimestamp(at),
  };
}
