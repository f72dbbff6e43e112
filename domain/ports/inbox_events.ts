import type { InboxRef } from "../inbox/inbox_message.ts";

/** Publishes changes of inboxes within this process. Changes that other processes make are found by polling the store. */
export interface InboxEvents {
  publish(inbox: InboxRef): void;
  /** Calls back at every change until the returned function is called. */
  subscribe(inbox: InboxRef, onChange: () => void): () => void;
}
