import type { NotificationId } from "../ids.ts";
import type {
  InboxChanges,
  InboxCount,
  InboxMessage,
  InboxQuery,
  InboxRef,
  NewInboxMessage,
} from "../inbox/inbox_message.ts";

/** Inboxes: what people were sent, and what of it they have seen. */
export interface InboxStore {
  /**
   * Puts a message in, once: again with the same id changes nothing. Raises counts and sequence with it. Its time is the
   * store's own, and never before that of a message which is there.
   *
   * @returns whether it is new there
   */
  put(inbox: InboxRef, message: NewInboxMessage): Promise<boolean>;
  /**
   * As {@link put} for each, in as few writes as their sizes allow; a write that fails leaves those of others in. What
   * one write puts into an inbox comes there in the order of its ids.
   */
  putAll(
    messages: readonly { readonly inbox: InboxRef; readonly message: NewInboxMessage }[],
  ): Promise<readonly boolean[]>;
  list(inbox: InboxRef, query: InboxQuery): Promise<readonly InboxMessage[]>;
  count(inbox: InboxRef): Promise<InboxCount>;
  /**
   * Marks a message as seen, once. In the same write its notification has its `acknowledged` event and time, and what
   * was to follow unless it was seen and has not begun is `cancelled`.
   *
   * @returns `foreign` for another's message, `unknown` for none
   */
  acknowledge(
    inbox: InboxRef,
    id: NotificationId,
    now: number,
  ): Promise<"acknowledged" | "foreign" | "unknown">;
  /**
   * As {@link acknowledge} for every unseen message, at most `limit` of them.
   *
   * @param upTo leaves out what came after this sequence
   * @returns how many were unseen
   */
  acknowledgeAll(inbox: InboxRef, limit: number, now: number, upTo?: number): Promise<number>;
  /**
   * What has happened after `sequence`, at most `limit` changes; nothing yet when it is absent. Where the sequence that
   * comes back is less than the one asked for, the number was not of this inbox.
   */
  changesSince(
    inbox: InboxRef,
    sequence: number | undefined,
    limit: number,
  ): Promise<InboxChanges>;
}
