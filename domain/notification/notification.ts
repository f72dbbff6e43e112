import type { JobId, KeyId, NotificationId, ServiceId, TemplateId, UserId } from "../ids.ts";
import type { Realm } from "../recipient/realm.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Status } from "./status.ts";

/** The personal data of a notification. It is stored encrypted and never logged. */
export interface PersonalData {
  /** The recipient as supplied, trimmed. */
  readonly to: string;
  /** The normalised recipient: E.164 digits, a lower-case address, a person's id, or a tax number. */
  readonly recipient: string;
  /** The realm of an inbox message's recipient; absent when the deployment had no realms. */
  readonly realm?: Realm;
  /**
   * The business process and its step in which a registry's program sent the message; absent when the registry did not
   * give it.
   */
  readonly context?: ProcessContext;
  /** The values that the template uses, under the names of the request. */
  readonly personalisation: Readonly<Record<string, unknown>>;
  /** The filled subject; `null` for a text message. */
  readonly subject: string | null;
  /**
   * The body with its placeholders filled, as the API shows it: the text of a text message, the markdown or HTML of an
   * e-mail, the HTML of an inbox message. Of a Diia message it is the template's body: Diia fills it.
   */
  readonly body: string;
  /** The unsubscribe URL of the request, if it has one. It replaces Hark's own. */
  readonly oneClickUnsubscribeUrl: string | null;
  /** The token in the URL of Hark's own unsubscribe link, when the template has that link. */
  readonly unsubscribeToken?: string;
  /** The sender of a text that the service chose; absent for the provider's default. */
  readonly from?: string;
  /** A subject that replaces the template's. */
  readonly title?: string;
  /** The language tag of the content, when it is not the service's language. */
  readonly language?: string;
  /** Translations of the message, by language tag. The inbox shows the one in the recipient's preferred language. */
  readonly localised?: Readonly<Record<string, LocalisedContent>>;
  /** The reply-to address of an e-mail, when it is not the sender. */
  readonly replyTo?: string;
}

/** The length of a notification's bodies in all its languages together, in UTF-16 code units. */
export function contentLength({ body, localised = {} }: PersonalData): number {
  return Object.values(localised).reduce((sum, content) => sum + content.body.length, body.length);
}

/** The content of a message in one language. */
export interface LocalisedContent {
  readonly subject: string;
  readonly body: string;
}

/**
 * When and on what conditions a notification is sent. Times are epoch milliseconds; an absent field is no condition.
 */
export interface Delivery {
  /** Not before this time. */
  readonly scheduledFor?: number;
  /** Not after this time: the notification is then `expired`. */
  readonly validUntil?: number;
  /** Whether it is sent in the service's quiet hours too. */
  readonly urgent?: boolean;
  /**
   * Makes it a follow-up of this inbox message: it is cancelled when the recipient marks that message as read before it
   * is sent.
   */
  readonly followsInboxMessage?: NotificationId;
  /**
   * The job (one template sent to every row of a file) and the row that it comes from; absent for others. Rows have the
   * numbers that a spreadsheet program shows.
   */
  readonly job?: { readonly id: JobId; readonly row: number };
}

/** A notification as accepted: one message to one recipient on one channel. All times are epoch milliseconds. */
export interface Notification {
  readonly serviceId: ServiceId;
  readonly id: NotificationId;
  readonly channel: Channel;
  readonly keyKind: KeyKind;
  readonly keyId: KeyId;
  /**
   * The person who sent it in the web application, or the job that it is a row of. Absent when a program sent it. The
   * APIs do not answer it.
   */
  readonly authorId?: UserId;
  /** The notification that it repeats; absent for others. That one may have been deleted since. */
  readonly resentFrom?: NotificationId;
  readonly templateId: TemplateId;
  readonly templateVersion: number;
  /** The caller's own name for the notification; not unique, and not encrypted. */
  readonly reference: string | null;
  /** The sender of the text message, the from address of the e-mail, or on other channels the service's name. */
  readonly sender: string;
  /** The number of billed parts of a text message; `null` for other channels. */
  readonly fragments: number | null;
  /** Whether it is a text message to a number of another country than the service's. */
  readonly international: boolean;
  /** When it was accepted. */
  readonly createdAt: number;
  /**
   * The number of the day whose daily limits it is charged to, as `limitDayOf` returns it. It is given back to them
   * when the notification is cancelled or expires before an attempt. Absent when it is charged to none. The store keeps
   * it, and does not return it.
   */
  readonly limitDay?: number;
  /** Absent for delivery at once and without conditions. */
  readonly delivery?: Delivery;
  readonly personal: PersonalData;
}

/** A notification with its present state. */
export interface StoredNotification extends Notification {
  readonly status: Status;
  /** When the status last changed. */
  readonly statusAt: number;
  /** When a provider accepted it; `null` before. */
  readonly sentAt: number | null;
  /** When it reached a completed status, such as `delivered` or a failure; `null` before. */
  readonly completedAt: number | null;
  /** The name of the provider that accepted it; `null` before. */
  readonly provider: string | null;
  /** When its recipient first complained about it, as its provider reported; `null` for never. */
  readonly complainedAt: number | null;
  /** When its recipient marked it as read in the inbox; `null` for never. */
  readonly acknowledgedAt: number | null;
}

/**
 * The kinds of events in a notification's timeline. An attempt is one call of a provider. `status-corrected`: a
 * provider's report replaced a final status. `receipt-ignored`: a receipt left the status as it is. `acknowledged`: the
 * recipient marked the inbox message as read. `held`: delivery was postponed.
 */
export const EVENT_KINDS = [
  "accepted",
  "attempt-started",
  "attempt-ended",
  "status-changed",
  "status-corrected",
  "receipt-ignored",
  "complaint",
  "unsubscribed",
  "acknowledged",
  "held",
] as const;
/** One of {@link EVENT_KINDS}. */
export type EventKind = typeof EVENT_KINDS[number];

/** The data of an event; which fields are present depends on its kind. Never personal data. */
export interface EventFacts {
  readonly status?: Status;
  /** The final status that turned out to be wrong, of `status-corrected`. */
  readonly corrects?: Status;
  readonly provider?: string;
  /** Why this provider makes the attempt; absent when its channel has no other and it was not held back. */
  readonly selection?: "weight" | "failover" | "probe";
  /**
   * The attempt's number, from 1. The event of a receipt has it when there were several attempts and one of them was
   * reported as failed, or the receipt corrects the status.
   */
  readonly attempt?: number;
  /** How the attempt ended: `unknown` when the provider may or may not have the message. */
  readonly outcome?: "accepted" | "rejected" | "not-sent" | "unknown";
  /** The provider's code, or an internal error code such as `timeout`. */
  readonly code?: string;
  /** An earlier attempt may have reached the provider, so this one may send a second copy. */
  readonly possible_duplicate?: true;
  /** When it is tried again, ISO 8601 in UTC. */
  readonly next_attempt_at?: string;
  /** The time until which it is postponed, ISO 8601 in UTC. */
  readonly until?: string;
}

/** One event in a notification's timeline. */
export interface TimelineEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: EventKind;
  readonly facts: EventFacts;
}
