import type { NotificationId } from "../ids.ts";
import type { Channel } from "../service/service.ts";

/** A message that a sandbox provider received, in the shape of `GET /dev/mailbox.json`. */
export interface MailboxEntry {
  readonly id: string;
  readonly channel: Channel;
  /** E.164 without the plus sign, or an e-mail address. */
  readonly to: string;
  /**
   * The sender as the API names it: `"name" <address>` of an e-mail, the number or name of a text message, the
   * service's name on other channels.
   */
  readonly from: string;
  /** `null` for a text message. */
  readonly subject: string | null;
  readonly text: string;
  /** The HTML part of an e-mail; `null` for other channels. */
  readonly html: string | null;
  /** Further headers of an e-mail, such as `List-Unsubscribe`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly notification_id: NotificationId;
  /** ISO 8601, UTC. */
  readonly sent_at: string;
}

/** The messages that sandbox providers (which send nothing) received, in this process's memory, for development. */
export interface Mailbox {
  /** Adds a message; evicts the oldest when the mailbox is full. */
  add(entry: MailboxEntry): void;
  /** The messages, newest first. */
  list(): readonly MailboxEntry[];
  /** @returns `undefined` when there is no such message, or it was evicted */
  get(id: string): MailboxEntry | undefined;
}
