import type { NotificationId, ServiceId } from "./ids.ts";
import type { Channel } from "./service.ts";

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
  /** Further headers, such as `List-Unsubscribe`; values hold no line breaks. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A push notification ready for Diia, which fills in the template that it has. */
export interface OutgoingDiia {
  readonly channel: "diia";
  readonly ref: NotificationRef;
  /** The person's tax number (РНОКПП), ten digits. */
  readonly to: string;
  /** The template by Diia's own id. */
  readonly externalTemplateId: string;
  /** What Diia calls the recipient by in its results, the only one of its kind: the notification's id. */
  readonly recipientId: string;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
}

export type OutgoingMessage = OutgoingSms | OutgoingEmail | OutgoingDiia;

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
  readonly channel: Channel | "diia";
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>;
  /**
   * Present where the provider takes many messages in one call. Gives outcomes in the order of the messages; throws a
   * `RangeError` for more than `most` of them.
   */
  readonly batch?: {
    readonly most: number;
    send(
      messages: readonly OutgoingMessage[],
      signal: AbortSignal,
    ): Promise<readonly SendOutcome[]>;
  };
  /**
   * Present where the provider has to be asked what became of messages. Gives receipts only of those that have come to
   * their end; the others, and all that could not be asked after, are to be asked for again later.
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
  | { readonly kind: "malformed"; readonly detail: string };
