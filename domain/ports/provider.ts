import type { NotificationId, ServiceId } from "../ids.ts";
import type { Wording } from "../notification/notification.ts";
import type { Channel } from "../service/service.ts";

/** Says which notification a message is; given to the provider to come back in its receipts. */
export interface NotificationRef {
  readonly serviceId: ServiceId;
  readonly notificationId: NotificationId;
}

/** A text ready for a provider. */
export interface OutgoingSms {
  readonly channel: "sms";
  readonly ref: NotificationRef;
  /** E.164 without the plus sign, e.g. `447700900123`. */
  readonly to: string;
  /** A sender that the service chose, or `undefined` for the provider's own. */
  readonly from: string | undefined;
  readonly text: string;
}

/** An e-mail ready for a provider. */
export interface OutgoingEmail {
  readonly channel: "email";
  readonly ref: NotificationRef;
  readonly to: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /**
   * Further headers, such as `List-Unsubscribe`; values hold no line breaks. `Date` and what the other fields say are not
   * among them: they are the provider's to write.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message for an inbox of ours. */
export interface OutgoingInbox {
  readonly channel: "inbox";
  readonly ref: NotificationRef;
  /** The recipient's id, as tokens name it. */
  readonly to: string;
  readonly subject: string;
  /** HTML that is safe by construction. */
  readonly body: string;
  /** The same in other languages, by tag. */
  readonly localised: Readonly<Record<string, Wording>>;
  /** The tag of the language that it is in, where that is not the service's. */
  readonly language?: string;
}

/** A push message for Diia, which puts the words together by itself. */
export interface OutgoingDiia {
  readonly channel: "diia";
  readonly ref: NotificationRef;
  /** The recipient's tax number, ten digits. */
  readonly to: string;
  /** The template as Diia knows it. */
  readonly externalTemplateId: string;
  /** What Diia gives back with the recipient's outcome. */
  readonly recipientId: string;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
}

export type OutgoingMessage = OutgoingSms | OutgoingEmail | OutgoingInbox | OutgoingDiia;

/**
 * What an attempt came to. An adapter classifies and never loops.
 *
 * - `accepted`: the provider has the message; `receipts` are those it gave at once.
 * - `rejected`: no later attempt can succeed; `permanent` when the recipient is the reason (it ends as
 *   permanent-failure), otherwise our request is (technical-failure).
 * - `retry`: a later attempt may succeed. `not-sent`: this one surely did not go out. `unknown`: it may have.
 *
 * `code` is the provider's own code or a short word of ours (`timeout`, `network`, `http-502`); it never holds
 * personal data.
 */
export type SendOutcome =
  | {
    readonly kind: "accepted";
    readonly providerMessageId: string;
    /** It has reached its recipient: there is no receipt to wait for. */
    readonly delivered?: true;
    readonly receipts?: readonly Receipt[];
  }
  | { readonly kind: "rejected"; readonly permanent: boolean; readonly code: string }
  | {
    readonly kind: "retry";
    readonly outcome: "not-sent" | "unknown";
    readonly code: string;
    readonly afterMs?: number;
  };

/** The way out of a channel. One attempt a call; never throws but for a bug. */
export interface Provider {
  readonly name: string;
  readonly channel: Channel;
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
  /** Present where the provider takes many messages in one call. */
  readonly batch?: {
    /** The most messages of a call. */
    readonly most: number;
    /** One attempt at each; the outcomes are in the order of the messages. */
    send(
      messages: readonly OutgoingMessage[],
      signal: AbortSignal,
    ): Promise<readonly SendOutcome[]>;
  };
  /**
   * Present where the provider has to be asked what became of messages.
   *
   * @returns receipts of those that have come further; what it says nothing of is asked about again
   */
  readonly poll?: (
    providerMessageIds: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly Receipt[]>;
}

/** What a provider can tell us later about a message. */
export const RECEIPT_KINDS = [
  "sending",
  "sent",
  "delivered",
  "temporary-failure",
  "permanent-failure",
  "technical-failure",
  "complaint",
  "unsubscribed",
] as const;
export type ReceiptKind = typeof RECEIPT_KINDS[number];

/** One event of a provider about one message, verified and parsed. Holds no personal data. */
export interface Receipt {
  /** The provider's `name`. */
  readonly provider: string;
  readonly providerMessageId: string;
  /** Which notification it is, when the provider gave our own reference back. */
  readonly ref: NotificationRef | undefined;
  readonly kind: ReceiptKind;
  /** The provider's code or type for it, e.g. `HardBounce`, `30005`. */
  readonly code: string | undefined;
  /** When it happened, epoch milliseconds, by the provider's word; `undefined` when it did not say. */
  readonly at: number | undefined;
  /** The same for a repeated delivery of the same event, different for different events. */
  readonly dedupeKey: string;
}

/** Why a call to a receipt address is not taken. `detail` says what is wrong, without quoting the body. */
export type ReceiptRefusal =
  | { readonly kind: "unauthorised" }
  | { readonly kind: "too-large" }
  | { readonly kind: "malformed"; readonly detail: string };
