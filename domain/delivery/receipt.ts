import type { NotificationRef } from "../ids.ts";

/** The kinds of receipts: what a provider can report about a message. */
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
  readonly providerMessageId: string;
  /** The notification, if the provider returned our reference. */
  readonly ref: NotificationRef | undefined;
  readonly kind: ReceiptKind;
  /** The provider's code or type for it, e.g. `HardBounce`, `30005`. */
  readonly code: string | undefined;
  /** When it happened, epoch milliseconds, as the provider reported it; `undefined` when it did not. */
  readonly at: number | undefined;
  /** The same for a repeated delivery of the same event, different for different events. */
  readonly dedupeKey: string;
}

/** Why the body of a call to a receipt address cannot be read. */
export type ReceiptBodyFault =
  | { readonly kind: "too-large" }
  /** The bodies of all requests together are as large as the process allows; the provider calls again. */
  | { readonly kind: "bodies-too-large" }
  | { readonly kind: "broken-off" };

/** Why a call to a receipt address is refused. `detail` names the problem without quoting the body. */
export type ReceiptRefusal =
  | ReceiptBodyFault
  | { readonly kind: "unauthorised" }
  | { readonly kind: "malformed"; readonly detail: string };
