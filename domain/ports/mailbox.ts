import type { NotificationId } from "../ids.ts";
import type { Channel } from "../service/service.ts";

/** A message that a sandbox was given, in the shape of `GET /dev/mailbox.json`. */
export interface MailboxEntry {
  readonly id: string;
  readonly channel: Channel;
  /** E.164 without the plus sign, or an e-mail address. */
  readonly to: string;
  /** `"name" <address>` of an e-mail; `null` for a text without a sender of its own. */
  readonly from: string | null;
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly notification_id: NotificationId;
  /** ISO 8601, UTC. */
  readonly sent_at: string;
}

/** The messages that sandboxes were given, in memory, for development. */
export interface Mailbox {
  /** Adds a message; the oldest falls out when the mailbox is full. */
  add(entry: MailboxEntry): void;
  /** The messages, the one added last first. */
  list(): readonly MailboxEntry[];
  /** The message of that id, or `undefined` when there is none (any more). */
  get(id: string): MailboxEntry | undefined;
}
