/** The meaning of the types of Postmark's bounces. */
import type { ReceiptKind } from "../../../domain/delivery/receipt.ts";
import { lookUp } from "../shared/json_fields.ts";

/**
 * The receipt kind of a bounce's `Type`; `undefined` for types that are no bounce of the message.
 * Source: https://postmarkapp.com/developer/api/bounce-api#bounce-types
 */
const BOUNCE_TYPES = {
  HardBounce: "permanent-failure",
  BadEmailAddress: "permanent-failure",
  ManuallyDeactivated: "permanent-failure",
  /** Deferrals: Postmark tries again, and reports what became of it. */
  Transient: "sending",
  DnsError: "sending",
  SoftBounce: "temporary-failure",
  /** By the recipient's server, for the content or the sender. */
  Blocked: "temporary-failure",
  SpamNotification: "temporary-failure",
  VirusNotification: "temporary-failure",
  Unknown: "temporary-failure",
  SMTPApiError: "technical-failure",
  DMARCPolicy: "technical-failure",
  TemplateRenderingFailed: "technical-failure",
  SpamComplaint: "complaint",
  Unsubscribe: "unsubscribed",
  Subscribe: undefined,
  AutoResponder: undefined,
  AddressChange: undefined,
  OpenRelayTest: undefined,
  ChallengeVerification: undefined,
  Unconfirmed: undefined,
  InboundError: undefined,
} as const satisfies Record<string, ReceiptKind | undefined>;

/**
 * Returns the receipt kind of a bounce; `undefined` when the record does not report a delivery, as with the type
 * `Unconfirmed`. An unlisted type counts as a temporary failure. A temporary failure becomes a permanent one when
 * Postmark has deactivated the recipient's address.
 *
 * @param inactive whether Postmark has deactivated the address
 */
export function bounceKind(type: string, inactive: boolean): ReceiptKind | undefined {
  const kind = Object.hasOwn(BOUNCE_TYPES, type) ? lookUp(BOUNCE_TYPES, type) : "temporary-failure";
  const isTemporary = kind === "temporary-failure" || kind === "sending";
  return isTemporary && inactive ? "permanent-failure" : kind;
}

/**
 * Returns a bounce's type as an error code; `undefined` unless it is 1 to 40 ASCII letters, because free text might
 * hold personal data.
 */
export function toCode(type: string): string | undefined {
  return /^[A-Za-z]{1,40}$/.test(type) ? type : undefined;
}

/** Whether a bounce's type is not in the table of types, so that {@link bounceKind} returns its default. */
export function isUnlistedBounce(type: string): boolean {
  return !Object.hasOwn(BOUNCE_TYPES, type);
}
