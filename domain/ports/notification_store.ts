import type { NotificationId, ServiceId } from "../ids.ts";
import type { StoredNotification, TimelineEvent } from "../notification/notification.ts";
import type { Status } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { NotificationRef } from "../delivery/outgoing_message.ts";

/** Which notifications of a service to list. Newest first. */
export interface NotificationQuery {
  readonly keyKind: KeyKind | undefined;
  readonly channels: readonly Channel[];
  /** Empty means every status. */
  readonly statuses: readonly Status[];
  readonly reference: string | undefined;
  /** Whether rows of jobs are among them. */
  readonly includeJobs: boolean;
  /** Only those older than this one; none when the service has no such notification. */
  readonly olderThan: NotificationId | undefined;
  /** How many to pass over; for surfaces that number their pages. */
  readonly offset: number;
  readonly limit: number;
}

/** What has become of notifications. */
export interface NotificationStore {
  get(ref: NotificationRef): Promise<StoredNotification | undefined>;
  list(serviceId: ServiceId, query: NotificationQuery): Promise<readonly StoredNotification[]>;
  /**
   * Calls a notification off that nobody has begun to send, whatever claims it at the same time: one of the two comes
   * first, and the other finds nothing to do. Again without effect.
   *
   * @param keyKind of which kind of key it must be; any where `undefined`
   * @returns the notification as it then stands, `cancelled` or why it was too late; `undefined` when there is none
   */
  cancel(
    ref: NotificationRef,
    keyKind: KeyKind | undefined,
    now: number,
  ): Promise<StoredNotification | undefined>;
  /** Oldest first. `undefined` when the service has no such notification. */
  timeline(ref: NotificationRef): Promise<readonly TimelineEvent[] | undefined>;
  /** Those sent to this recipient, newest first, found by a keyed hash of its normalised form. */
  findByRecipient(
    serviceId: ServiceId,
    recipient: string,
    limit: number,
  ): Promise<readonly StoredNotification[]>;
}
