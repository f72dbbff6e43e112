import type { NotificationId } from "../ids.ts";
import type {
  InboxChanges,
  InboxCount,
  InboxMessage,
  InboxQuery,
  InboxRef,
  NewInboxMessage,
} from "../inbox/inbox_message.ts";

/** Stores the messages of inboxes, and which of them their recipients have acknowledged. */
export interface InboxStore {
  /**
   * Adds a message and raises the inbox's counts and sequence, in one write. Idempotent by the message's id. The
   * message gets the store's time, which is never earlier than that of the message before it.
   *
   * @returns whether the message is new
   */
  put(inbox: InboxRef, message: NewInboxMessage): Promise<boolean>;
  /** How many messages {@link putAll} adds in one write, unless they are large. */
  readonly sharesPuts: number;
  /**
   * Adds messages to inboxes, each once as {@link put}, in as few writes as their sizes allow. A write that fails does
   * not undo the others. Messages that one write adds to an inbox are ordered by their ids.
   *
   * @returns for each message whether it is new, in the order of `messages`
   */
  putAll(
    messages: readonly { readonly inbox: InboxRef; readonly message: NewInboxMessage }[],
  ): Promise<readonly boolean[]>;
  /** The messages of an inbox that `query` selects, newest first. An inbox that does not exist is empty. */
  list(inbox: InboxRef, query: InboxQuery): Promise<readonly InboxMessage[]>;
  /** The numbers of an inbox's messages; zeros for an inbox that does not exist. */
  count(inbox: InboxRef): Promise<InboxCount>;
  /**
   * Acknowledges a message, that is marks it as read. Idempotent. The same write records the `acknowledged` event and
   * time of its notification, and cancels the follow-ups (messages that are sent only if this one is not read by then)
   * of which no attempt was started.
   *
   * @returns `foreign` when the message is in another inbox, `unknown` when it does not exist
   */
  acknowledge(
    inbox: InboxRef,
    id: NotificationId,
    now: number,
  ): Promise<"acknowledged" | "foreign" | "unknown">;
  /**
   * Marks the newest unread messages of an inbox as read, at most `limit` of them, with the same effects as
   * {@link acknowledge}.
   *
   * @param upTo the sequence number of the newest message to include; all when absent
   * @returns how many messages it acknowledged
   */
  acknowledgeAll(inbox: InboxRef, limit: number, now: number, upTo?: number): Promise<number>;
  /**
   * The changes after the sequence number `sequence`, at most `limit`; without one, the present sequence number and no
   * changes. A returned `sequence` below the requested one shows that the requested one was not of this inbox.
   */
  changesSince(
    inbox: InboxRef,
    sequence: number | undefined,
    limit: number,
  ): Promise<InboxChanges>;
}
