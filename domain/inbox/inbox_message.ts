import type { NotificationId, ServiceId } from "../ids.ts";
import type { LocalisedContent } from "../notification/notification.ts";
import type { PersonId } from "../recipient/realm.ts";

/**
 * The formats that the API can give a message's content in its field `message`: sanitised HTML, or plain text for
 * portals that show the field as text.
 */
export const INBOX_MESSAGE_FORMATS = ["html", "text"] as const;
/** One of {@link INBOX_MESSAGE_FORMATS}. */
export type InboxMessageFormat = typeof INBOX_MESSAGE_FORMATS[number];

/** Identifies an inbox: a person within the service that sends the messages. */
export interface InboxRef extends PersonId {
  readonly serviceId: ServiceId;
}

/**
 * A message of an inbox. Its `body` is sanitised HTML, its `subject` one line of plain text. Times are epoch
 * milliseconds.
 */
export interface InboxMessage extends LocalisedContent {
  readonly id: NotificationId;
  /** The content in other languages, by BCP 47 tag. */
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  /** The tag of the message's language; absent where it is the service's language. */
  readonly language?: string;
  /** When the message was delivered to the inbox. */
  readonly createdAt: number;
  /** When the recipient marked the message as read; `null` while it is unread. */
  readonly acknowledgedAt: number | null;
}

/** A message to deliver to an inbox. */
export type NewInboxMessage = Omit<InboxMessage, "createdAt" | "acknowledgedAt">;

/**
 * How many messages an inbox has, and how many of them are unread. The store maintains both numbers, so reads are
 * cheap.
 */
export interface InboxCount {
  readonly total: number;
  readonly unread: number;
}

/** Selects messages of an inbox, newest first. */
export interface InboxQuery {
  readonly unreadOnly: boolean;
  /**
   * Only messages that follow this one in the list, so older ones; `undefined` to begin with the newest. The list is
   * empty where this message was deleted: older messages are deleted before newer ones.
   */
  readonly after: NotificationId | undefined;
  /** Number of messages to skip, after those that the other fields exclude. */
  readonly offset: number;
  /** Max messages to return. */
  readonly limit: number;
}

/**
 * Changes of an inbox after a sequence number. Each inbox numbers its changes 1, 2, 3…; the number is also the event id
 * of its stream.
 */
export interface InboxChanges {
  /** The sequence number to pass to the next query. */
  readonly sequence: number;
  /**
   * How many messages the inbox has, and how many are unread, at the time of the read: not after the last of `changes`.
   */
  readonly count: InboxCount;
  /**
   * Oldest first. A `message` change shows the current state of the message; a later acknowledgement of the same
   * message is not repeated within one page.
   */
  readonly changes: readonly InboxChange[];
  /** Whether more changes exist: query again from `sequence`. */
  readonly more: boolean;
}

/**
 * One change of an inbox. `message`: a message was added. `acknowledged`: one message was marked as read.
 * `all-acknowledged`: all messages with a lower sequence number were.
 */
export type InboxChange =
  | { readonly kind: "message"; readonly sequence: number; readonly message: InboxMessage }
  | { readonly kind: "acknowledged"; readonly sequence: number; readonly id: NotificationId }
  | { readonly kind: "all-acknowledged"; readonly sequence: number };
