import type { InboxRef } from "../inbox/inbox_message.ts";

/** Tells listeners of this process that something has happened in an inbox; others are found by asking the store. */
export interface InboxEvents {
  ring(inbox: InboxRef): void;
  /** Calls back at every ring until the returned function is called. */
  listen(inbox: InboxRef, onRing: () => void): () => void;
}
