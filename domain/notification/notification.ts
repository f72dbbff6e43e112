import type { JobId, KeyId, NotificationId, ServiceId, TemplateId } from "../ids.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { Status } from "./status.ts";

/** The part of a notification that is personal data; it is stored sealed and never logged. */
export interface PersonalData {
  /** The recipient as supplied, trimmed. */
  readonly to: string;
  /** The recipient in its one comparable form: E.164 digits, or a lower-case address. */
  readonly recipient: string;
  readonly personalisation: Readonly<Record<string, unknown>>;
  readonly subject: string | null;
  /** The text or markdown with the values put in, as the API shows it. */
  readonly body: string;
  /** As the request gave it. */
  readonly oneClickUnsubscribeUrl: string | null;
  /** The token of our own link to unsubscribe, where the template has one. */
  readonly unsubscribeToken?: string;
  /** The sender of a text where the service chose it; absent where it is the provider's own. */
  readonly from?: string;
  /** A subject in place of the template's. */
  readonly title?: string;
  /** The tag of the language that it is in, where that is not the service's. */
  readonly language?: string;
  /** The same message in other languages, by tag; the inbox shows the reader's own. */
  readonly localised?: Readonly<Record<string, LocalisedContent>>;
  /** Where answers to an e-mail go, where that is not whom it is from. */
  readonly replyTo?: string;
}

/** How long a notification's content is, in all its languages, in UTF-16 units. */
export function contentLength({ body, localised = {} }: PersonalData): number {
  return Object.values(localised).reduce((sum, wording) => sum + wording.body.length, body.length);
}

/** A message's words in one language. */
export interface LocalisedContent {
  readonly subject: string;
  readonly body: string;
}

/** When and on what conditions a notification goes out. Times are epoch milliseconds; what is absent asks for nothing. */
export interface Delivery {
  /** Not before this time. */
  readonly scheduledFor?: number;
  /** Not after this time: it is then `expired`. */
  readonly validUntil?: number;
  /** Goes out in the service's quiet hours too. */
  readonly urgent?: boolean;
  /** Called off when the recipient has acknowledged this inbox message. */
  readonly unlessRead?: NotificationId;
  /** It comes from a row of a list: rows are numbered as a spreadsheet shows them. */
  readonly job?: { readonly id: JobId; readonly row: number };
}

/** A notification as it stands. All times are epoch milliseconds. */
export interface Notification {
  readonly serviceId: ServiceId;
  readonly id: NotificationId;
  readonly channel: Channel;
  readonly keyKind: KeyKind;
  readonly keyId: KeyId;
  readonly templateId: TemplateId;
  readonly templateVersion: number;
  readonly reference: string | null;
  /** Who it is from: the text's sender or the e-mail's address. */
  readonly sender: string;
  /** Fragments that a text is billed for; `null` for an e-mail. */
  readonly fragments: number | null;
  readonly international: boolean;
  readonly createdAt: number;
  readonly delivery?: Delivery;
  readonly personal: PersonalData;
}

/** A notification with what has become of it. */
export interface StoredNotification extends Notification {
  readonly status: Status;
  /** When the status last changed. */
  readonly statusAt: number;
  readonly sentAt: number | null;
  readonly completedAt: number | null;
  /** The provider that took it. */
  readonly provider: string | null;
  /** When its recipient complained about it. */
  readonly complainedAt: number | null;
  /** When its recipient acknowledged it, in the inbox. */
  readonly acknowledgedAt: number | null;
}

/** What happened to a notification, one line of its timeline. */
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

/** The facts of an event; which ones are there depends on its kind. Never personal data. */
export interface EventFacts {
  readonly status?: Status;
  readonly provider?: string;
  readonly attempt?: number;
  /** How the attempt ended. */
  readonly outcome?: "accepted" | "rejected" | "not-sent" | "unknown";
  readonly code?: string;
  /** An earlier attempt may have reached the provider, so this one may be a second copy. */
  readonly possible_duplicate?: true;
  readonly next_attempt_at?: string;
  /** Until when it is held. */
  readonly until?: string;
}

/** One line of a notification's timeline. */
export interface TimelineEvent {
  readonly at: number;
  readonly kind: EventKind;
  readonly facts: EventFacts;
}
