import type { Mailbox, MailboxEntry } from "../../../domain/ports/mailbox.ts";

/** Max messages that a mailbox keeps; the oldest are evicted. */
export const MAILBOX_LIMIT = 500;

/** Creates an empty mailbox. */
export function createMailbox(limit: number = MAILBOX_LIMIT): Mailbox {
  const oldestFirst: MailboxEntry[] = [];
  return {
    add(entry) {
      oldestFirst.push(entry);
      if (oldestFirst.length > limit) oldestFirst.shift();
    },
    list: () => oldestFirst.toReversed(),
    get: (id) => oldestFirst.find((entry) => entry.id === id),
  };
}
