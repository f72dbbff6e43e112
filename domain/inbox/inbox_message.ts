import type { NotificationId, ServiceId } from "../ids.ts";
import type { LocalisedContent } from "../notification/notification.ts";

/** Whose inbox: people are known by their id, within the service that their messages belong to. */
export interface InboxRef {
  readonly serviceId: ServiceId;
  readonly recipientId: string;
}

/** A message of an inbox. Times are epoch milliseconds. */
export interface InboxMessage extends LocalisedContent {
  readonly id: NotificationId;
  /** The same in other languages, by tag. */
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  /** The tag of the language that it is in, where that is not the service's. */
  readonly language?: string;
  /** When it was put in. */
  readonly createdAt: number;
  readonly acknowledgedAt: number | null;
}

/** A message that is to be put in. */
export type NewInboxMessage = Omit<InboxMessage, "createdAt" | "acknowledgedAt">;

/** How many messages an inbox holds; kept, never counted. */
export interface InboxCount {
  readonly total: number;
  readonly unread: number;
}

/** Which messages to list: in the order in which they were put in, the last first. */
export interface InboxQuery {
  readonly unreadOnly: boolean;
  /**
   * Only those that come after this one in the list. None does where it is not there (any more): the first in are the
   * first to go.
   */
  readonly after: NotificationId | undefined;
  /** How many to pass over. */
  readonly offset: number;
  readonly limit: number;
}

/** What has happened in an inbox since a time that is told by a sequence number. */
export interface InboxChanges {
  /** The number to ask for next. */
  readonly sequence: number;
  readonly count: InboxCount;
  /**
   * In the order in which they happened. A message is as it stands now; that it was seen since is not said once more,
   * unless it is said in a later call.
   */
  readonly changes: readonly InboxChange[];
  /** More than the limit has happened: ask again from `sequence`. */
  readonly more: boolean;
}

/** One thing that happened. */
export type InboxChange =
  | { readonly kind: "message"; readonly sequence: number; readonly message: InboxMessage }
  | { readonly kind: "acknowledged"; readonly sequence: number; readonly id: NotificationId }
  | { readonly kind: "all-acknowledged"; readonly sequence: number };
