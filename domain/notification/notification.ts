import type { JobId, KeyId, NotificationId, ServiceId, TemplateId } from "../ids.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { Status } from "./status.ts";

/** The personal data of a notification. It is stored encrypted and never logged. */
export interface PersonalData {
  /** The recipient as supplied, trimmed. */
  readonly to: string;
  /** The normalised recipient: E.164 digits, or a lower-case address. */
  readonly recipient: string;
  readonly personalisation: Readonly<Record<string, unknown>>;
  readonly subject: string | null;
  /** The text or markdown with its placeholders filled, as the API shows it. */
  readonly body: string;
  /** As in the request. */
  readonly oneClickUnsubscribeUrl: string | null;
  /** The token of our unsubscribe link, when the template has one. */
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

/** The length of a notification's content in all its languages, in UTF-16 code units. */
export function contentLength({ body, localised = {} }: PersonalData): number {
  return Object.values(localised).reduce((sum, content) => sum + content.body.length, body.length);
}

/** The content of a message in one language. */
export interface LocalisedContent {
  readonly subject: string;
  readonly body: string;
}

/** When and on what conditions a notification is sent. Times are epoch milliseconds; an absent field is no condition. */
export interface Delivery {
  /** Not before this time. */
  readonly scheduledFor?: number;
  /** Not after this time: the notification is then `expired`. */
  readonly validUntil?: number;
  /** Whether it is sent in the service's quiet hours too. */
  readonly urgent?: boolean;
  /** A conditional follow-up: cancelled when the recipient acknowledges this inbox message. */
  readonly followsInboxMessage?: NotificationId;
  /** The job and the row that it comes from. Rows have the numbers that a spreadsheet program shows. */
  readonly job?: { readonly id: JobId; readonly row: number };
}

/** A notification as accepted. All times are epoch milliseconds. */
export interface Notification {
  readonly serviceId: ServiceId;
  readonly id: NotificationId;
  readonly channel: Channel;
  readonly keyKind: KeyKind;
  readonly keyId: KeyId;
  readonly templateId: TemplateId;
  readonly templateVersion: number;
  readonly reference: string | null;
  /** The sender of the text, or the from address of the e-mail. */
  readonly sender: string;
  /** The number of fragments that a text is billed for; `null` for other channels. */
  readonly fragments: number | null;
  readonly international: boolean;
  readonly createdAt: number;
  readonly delivery?: Delivery;
  readonly personal: PersonalData;
}

/** A notification with its present state. */
export interface StoredNotification extends Notification {
  readonly status: Status;
  /** When the status last changed. */
  readonly statusAt: number;
  readonly sentAt: number | null;
  readonly completedAt: number | null;
  /** The provider that accepted it. */
  readonly provider: string | null;
  /** When its recipient first complained about it. */
  readonly complainedAt: number | null;
  /** When its recipient acknowledged it in the inbox. */
  readonly acknowledgedAt: number | null;
}

/** The kinds of events in a notification's timeline. */
export const EVENT_KINDS = [
  "accepted",
  "attempt-started",
  "attempt-ended",
  "status-changed",
  "receipt-ignored",
  "complaint",
  "unsubscribed",
  "acknowledged",
  "held",
] as const;
export type EventKind = typeof EVENT_KINDS[number];

/** The data of an event; which fields are present depends on its kind. Never personal data. */
export interface EventFacts {
  readonly status?: Status;
  readonly provider?: string;
  readonly attempt?: number;
  /** How the attempt ended. */
  readonly outcome?: "accepted" | "rejected" | "not-sent" | "unknown";
  readonly code?: string;
  /** An earlier attempt may have reached the provider, so this one may send a second copy. */
  readonly possible_duplicate?: true;
  readonly next_attempt_at?: string;
  /** The time until which it is postponed. */
  readonly until?: string;
}

/** One event in a notification's timeline. */
export interface TimelineEvent {
  readonly at: number;
  readonly kind: EventKind;
  readonly facts: EventFacts;
}
