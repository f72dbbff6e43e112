import type { NotificationId, ServiceId } from "../ids.ts";
import type { LocalisedContent } from "../notification/notification.ts";

/** Identifies an inbox: a recipient's id within the service that sends the messages. */
export interface InboxRef {
  readonly serviceId: ServiceId;
  readonly recipientId: string;
}

/** A message of an inbox. Times are epoch milliseconds. */
export interface InboxMessage extends LocalisedContent {
  readonly id: NotificationId;
  /** The content in other languages, by BCP 47 tag. */
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  /** The tag of the message's language; absent where it is the service's language. */
  readonly language?: string;
  /** When the message was delivered to the inbox. */
  readonly createdAt: number;
  readonly acknowledgedAt: number | null;
}

/** A message to deliver to an inbox. */
export type NewInboxMessage = Omit<InboxMessage, "createdAt" | "acknowledgedAt">;

/** Number of messages in an inbox. The store maintains both numbers instead of counting rows. */
export interface InboxCount {
  readonly total: number;
  readonly unread: number;
}

/** Selects messages of an inbox, newest first. */
export interface InboxQuery {
  readonly unreadOnly: boolean;
  /**
   * Only messages that follow this one in the list. The list is empty where this message was deleted: older messages are
   * deleted before newer ones.
   */
  readonly after: NotificationId | undefined;
  /** Number of messages to skip. */
  readonly offset: number;
  readonly limit: number;
}

/** Changes of an inbox after a sequence number. */
export interface InboxChanges {
  /** The sequence number to pass to the next query. */
  readonly sequence: number;
  readonly count: InboxCount;
  /**
   * Oldest first. A `message` change shows the current state of the message; a later acknowledgement of the same message
   * is not repeated within one page.
   */
  readonly changes: readonly InboxChange[];
  /** Whether more changes exist: query again from `sequence`. */
  readonly more: boolean;
}

/** One change of an inbox. */
export type InboxChange =
  | { readonly kind: "message"; readonly sequence: number; readonly message: InboxMessage }
  | { readonly kind: "acknowledged"; readonly sequence: number; readonly id: NotificationId }
  | { readonly kind: "all-acknowledged"; readonly sequence: number };
