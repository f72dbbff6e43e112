import type { Mailbox, MailboxEntry } from "../../../domain/ports/mailbox.ts";

/** Max messages that a mailbox keeps; a further one evicts the oldest. */
export const MAILBOX_LIMIT = 500;

/**
 * Creates an empty mailbox: the messages that the sandbox got instead of sending them, for developers to look at. It is
 * in this process's memory.
 *
 * @param limit the most messages it keeps; a further one evicts the oldest
 */
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
