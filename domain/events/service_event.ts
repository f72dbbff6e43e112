/** The log of a service: what happened to its notifications, numbered without gaps. */
import type { NotificationId, ServiceId } from "../ids.ts";
import type { StoredNotification } from "../notification/notification.ts";
import { type Status, STATUS_TABLE, STATUSES } from "../notification/status.ts";
import type { KeyKind } from "../service/service.ts";
import { DAY_MS } from "../time/durations.ts";

/**
 * How long an event is kept, in milliseconds. The newest event of a service is kept for ever: it has the last number.
 */
export const EVENTS_KEPT_MS = 7 * DAY_MS;

/**
 * The statuses of a notification that is under way. A change from one of them to another is no event: it says no more
 * than the accept, and would cost another row for every message.
 */
export const STATUSES_IN_PROGRESS: readonly Status[] = STATUSES.filter((status) =>
  !STATUS_TABLE[status].completed
);

/** What happened: the notification's new status, its recipient acknowledged it, or its recipient complained. */
export const EVENT_TYPES = [...STATUSES, "acknowledged", "complaint"] as const;
/** One of {@link EVENT_TYPES}. */
export type ServiceEventType = typeof EVENT_TYPES[number];

/** An event of a service's log: one change of one notification. */
export interface ServiceEvent {
  readonly serviceId: ServiceId;
  /** Its number: 1 for the first event of the service, and one more for each further event. */
  readonly sequence: number;
  readonly type: ServiceEventType;
  /** When it happened, in epoch milliseconds. Clocks differ, so the sequence has the order. */
  readonly at: number;
  readonly notificationId: NotificationId;
  /** The kind of API key that the notification was sent with. */
  readonly keyKind: KeyKind;
  /** The status right after the event. */
  readonly status: Status;
  /** The notification as it is now; `undefined` when its retention period is over and it was deleted. */
  readonly notification: StoredNotification | undefined;
}

/**
 * The id of an event. It never changes, and no other event has it, so that a consumer can skip what it has processed.
 */
export function eventId({ notificationId, sequence }: ServiceEvent): string {
  return `evt_${notificationId.replaceAll("-", "")}_${sequence}`;
}
