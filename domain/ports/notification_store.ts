import type { NewAuditEntry } from "../accounts/audit.ts";
import type { NotificationId, NotificationRef, ServiceId } from "../ids.ts";
import type { StoredNotification, TimelineEvent } from "../notification/notification.ts";
import type { Status } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { PagePosition } from "./page_position.ts";

/** Which notifications of a service to list; all conditions apply together. */
export interface NotificationQuery {
  /** The kind of API key that they were sent with; `undefined` for every kind. */
  readonly keyKind: KeyKind | undefined;
  /** The channels. */
  readonly channels: readonly Channel[];
  /** The present statuses; empty for every status. */
  readonly statuses: readonly Status[];
  /** The caller's own reference, compared exactly; `undefined` for any. */
  readonly reference: string | undefined;
  /** The process instance of the sender's context, compared exactly; absent for any. */
  readonly processInstance?: string | undefined;
  /** Whether to include notifications of jobs. */
  readonly includeJobs: boolean;
  /** Only notifications older than this one; an empty list when the service has no such notification. */
  readonly olderThan: NotificationId | undefined;
  /** How many of the selected notifications to skip, for APIs with page numbers. */
  readonly offset: number;
  /** Max notifications to return. */
  readonly limit: number;
}

/** Which of the notifications to one recipient to find. */
export interface RecipientFilter {
  /** The caller's own reference, compared exactly; absent for any. */
  readonly reference?: string | undefined;
  /** Only notifications older than this one; an empty list when the service has no such notification. */
  readonly olderThan?: NotificationId | undefined;
  /** The page beside an id that need not be that of a notification, when `olderThan` is absent. */
  readonly position?: PagePosition<string> | undefined;
}

/** Reads and cancels notifications. */
export interface NotificationStore {
  /** @returns `undefined` when the service has no such notification */
  get(ref: NotificationRef): Promise<StoredNotification | undefined>;
  /** Lists the notifications that `query` selects, newest first. */
  list(serviceId: ServiceId, query: NotificationQuery): Promise<readonly StoredNotification[]>;
  /**
   * Cancels a notification of which no attempt was started. Atomic against a concurrent claim: one of the two comes
   * first, and the other has no effect. Idempotent.
   *
   * @param keyKind the kind of key that it must have been sent with; `undefined` for any
   * @param audit the entry of the audit log that is appended in the same batch, when it was cancelled now
   * @returns the notification afterwards: `cancelled`, or with the status that prevents cancellation; `undefined` when
   * it does not exist
   */
  cancel(
    ref: NotificationRef,
    keyKind: KeyKind | undefined,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<StoredNotification | undefined>;
  /** The notification's events, oldest first. `undefined` when the service has no such notification. */
  timeline(ref: NotificationRef): Promise<readonly TimelineEvent[] | undefined>;
  /**
   * The notifications to a recipient, newest first, at most `limit`. They are found by a keyed hash, without
   * decryption.
   *
   * @param recipient the normalised recipient, compared exactly
   */
  findByRecipient(
    serviceId: ServiceId,
    recipient: string,
    limit: number,
    filter?: RecipientFilter,
  ): Promise<readonly StoredNotification[]>;
}
