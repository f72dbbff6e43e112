import type { NotificationRef } from "../ids.ts";

/** The kinds of receipts (reports of a provider about a message that it accepted). */
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

/** One of {@link RECEIPT_KINDS}. */
export type ReceiptKind = typeof RECEIPT_KINDS[number];

/** A provider's report about one message, verified and parsed. It holds no personal data. */
export interface Receipt {
  /** The provider's `name`. */
  readonly provider: string;
  /** The provider's id of the message. */
  readonly providerMessageId: string;
  /** The notification, if the provider returned the reference that the message was sent with. */
  readonly ref: NotificationRef | undefined;
  /**
   * The number of the attempt that the receipt is about, from 1, if the provider returned it with the reference.
   * Absent, it is the attempt that `providerMessageId` was recorded for.
   */
  readonly attempt?: number;
  readonly kind: ReceiptKind;
  /** The provider's code or type for it, e.g. `HardBounce`, `30005`. */
  readonly code: string | undefined;
  /** Whether the adapter's tables lack the code, so that `kind` is its default; the code is then logged. */
  readonly isUnlistedCode?: true;
  /** When it happened, epoch milliseconds, as the provider reported it; `undefined` when it did not. */
  readonly at: number | undefined;
  /** Identifies the event at its provider: a receipt that is delivered again has the same key, and is applied once. */
  readonly dedupeKey: string;
}

/** Why the body of a call to a receipt address cannot be read. */
export type ReceiptBodyFault =
  /** The body is larger than the address accepts. */
  | { readonly kind: "too-large" }
  /** The bodies of all requests in this process together are as large as it allows; the provider can call again. */
  | { readonly kind: "bodies-too-large" }
  /** The connection ended before the whole body was received. */
  | { readonly kind: "broken-off" };

/**
 * Why a call to a receipt address (the webhook at which a provider reports about messages) is refused. `detail` names
 * the problem without quoting the body.
 */
export type ReceiptRefusal =
  | ReceiptBodyFault
  /** The signature or password is missing or wrong. */
  | { readonly kind: "unauthorised" }
  | { readonly kind: "malformed"; readonly detail: string };
