import type { NotificationId, NotificationRef, ServiceId } from "../ids.ts";
import type { StoredNotification, TimelineEvent } from "../notification/notification.ts";
import type { Status } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";

/** Which notifications of a service to list. Newest first. */
export interface NotificationQuery {
  readonly keyKind: KeyKind | undefined;
  readonly channels: readonly Channel[];
  /** Empty means every status. */
  readonly statuses: readonly Status[];
  readonly reference: string | undefined;
  /** Whether to include notifications of jobs. */
  readonly includeJobs: boolean;
  /** Only notifications older than this one; an empty list when the service has no such notification. */
  readonly olderThan: NotificationId | undefined;
  /** How many notifications to skip, for APIs with page numbers. */
  readonly offset: number;
  readonly limit: number;
}

/** Which of the notifications to one recipient to find. */
export interface RecipientFilter {
  readonly reference?: string | undefined;
  /** Only notifications older than this one; an empty list when the service has no such notification. */
  readonly olderThan?: NotificationId | undefined;
}

/** Reads and cancels notifications. */
export interface NotificationStore {
  get(ref: NotificationRef): Promise<StoredNotification | undefined>;
  list(serviceId: ServiceId, query: NotificationQuery): Promise<readonly StoredNotification[]>;
  /**
   * Cancels a notification of which no attempt was started. Atomic against a concurrent claim: one of the two comes
   * first, and the other has no effect. Idempotent.
   *
   * @param keyKind the kind of key that it must have been sent with; `undefined` for any
   * @returns the notification afterwards: `cancelled`, or with the status that prevents cancellation; `undefined` when it does
   * not exist
   */
  cancel(
    ref: NotificationRef,
    keyKind: KeyKind | undefined,
    now: number,
  ): Promise<StoredNotification | undefined>;
  /** Oldest first. `undefined` when the service has no such notification. */
  timeline(ref: NotificationRef): Promise<readonly TimelineEvent[] | undefined>;
  /** The notifications to a recipient, newest first, found by a keyed hash of its normalised form. */
  findByRecipient(
    serviceId: ServiceId,
    recipient: string,
    limit: number,
    filter?: RecipientFilter,
  ): Promise<readonly StoredNotification[]>;
}
