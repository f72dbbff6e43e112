import type { InboxRef } from "../inbox/inbox_message.ts";

/**
 * In-process events that wake the open streams of an inbox. Changes that other processes make are not published here:
 * the streams find them by polling the store.
 */
export interface InboxEvents {
  /** Tells the subscribers in this process that an inbox has changed. They read the change from the store. */
  publish(inbox: InboxRef): void;
  /** Calls `onChange` after every change of the inbox. @returns a function that ends the subscription */
  subscribe(inbox: InboxRef, onChange: () => void): () => void;
}
