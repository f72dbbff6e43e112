import type { NotificationRef } from "../ids.ts";

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
