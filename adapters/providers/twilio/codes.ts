/**
 * Twilio's error codes and their meaning. Twilio changes the causes of its codes; those of July 2024 (21263 to
 * 21268, 21635, 21659 to 21661) were split off 21211, 21212, 21606 and 21614.
 * Source: https://www.twilio.com/docs/api/errors
 */
import type { ReceiptKind } from "../../../domain/delivery/receipt.ts";
import type { ProviderFault } from "../../../domain/ports/provider.ts";
import type { RejectedOutcome, RetryOutcome } from "../shared/http_exchange.ts";
import { lookUp } from "../shared/json_fields.ts";

/**
 * The outcome that an error code of a refused request stands for: rejected, to be retried, or a fault of the account or
 * the sender.
 */
export type CodeOutcome =
  | Omit<RejectedOutcome, "code">
  | Omit<RetryOutcome, "code">
  | Omit<ProviderFault, "code">;

const REFUSED_RECIPIENT = { kind: "rejected", permanent: true } as const;
const NOT_SENT = { kind: "retry", outcome: "not-sent" } as const;
const ACCOUNT_FAULT = { kind: "provider-fault", scope: "provider" } as const;
/** A fault of the sender: of the deployment's, or of the message's service where it has one of its own. */
const SENDER_FAULT = { kind: "provider-fault", scope: "service" } as const;

/** The outcome of the codes of a refused request. For any other code the HTTP status decides. */
const REQUEST_CODES = {
  /** Bad credentials. */
  20003: ACCOUNT_FAULT,
  /** The account is not active. */
  20005: ACCOUNT_FAULT,
  /** Too many requests; never processed. */
  20429: NOT_SENT,
  /** Temporarily unavailable; not processed. 20500, on the contrary, may have been. */
  20503: NOT_SENT,
  /** Not a valid number. */
  21211: REFUSED_RECIPIENT,
  /** Split off 21211 and 21614. */
  21263: REFUSED_RECIPIENT,
  21264: REFUSED_RECIPIENT,
  /** A short code. */
  21265: REFUSED_RECIPIENT,
  21266: REFUSED_RECIPIENT,
  21267: REFUSED_RECIPIENT,
  21268: REFUSED_RECIPIENT,
  /** The sender is not the account's. */
  21606: SENDER_FAULT,
  /** The callback address is not valid. */
  21609: ACCOUNT_FAULT,
  /** The recipient has opted out. */
  21610: REFUSED_RECIPIENT,
  /** The sender's queue is full. */
  21611: NOT_SENT,
  /** Not a mobile number. */
  21614: REFUSED_RECIPIENT,
  /** A landline. */
  21635: REFUSED_RECIPIENT,
  /** The sender: not a Twilio number, of another country, or not for texts. */
  21659: SENDER_FAULT,
  21660: SENDER_FAULT,
  21661: SENDER_FAULT,
  /** Maintenance. */
  21730: NOT_SENT,
} as const satisfies Record<number, CodeOutcome>;

/** The codes of messaging services, all of them faults of the sender, but for those of {@link REQUEST_CODES}. */
const MESSAGING_SERVICE_CODE = /^217\d\d$/;

/**
 * Returns the outcome that an error code of a refused request stands for; `undefined` for a code that is not listed.
 *
 * @param hasOwnSender whether the message's service set the sender or the messaging service: a fault of the sender then
 *   concerns this service, otherwise every message of the deployment
 */
export function outcomeOfCode(
  code: string | undefined,
  hasOwnSender: boolean,
): CodeOutcome | undefined {
  const outcome = lookUp<CodeOutcome>(REQUEST_CODES, code) ??
    (code !== undefined && MESSAGING_SERVICE_CODE.test(code) ? SENDER_FAULT : undefined);
  return outcome === SENDER_FAULT && !hasOwnSender ? ACCOUNT_FAULT : outcome;
}

/**
 * The receipt kind of each `ErrorCode` of an undelivered or failed text. It is permanent when the number is the cause,
 * technical when our account, sender or content is, and temporary when a later message may arrive.
 */
const DELIVERY_CODES = {
  20003: "technical-failure",
  20500: "temporary-failure",
  20503: "temporary-failure",
  21211: "permanent-failure",
  21212: "technical-failure",
  21263: "permanent-failure",
  21264: "permanent-failure",
  21265: "permanent-failure",
  21266: "permanent-failure",
  21267: "permanent-failure",
  21268: "permanent-failure",
  21408: "permanent-failure",
  21606: "technical-failure",
  21609: "technical-failure",
  21610: "permanent-failure",
  21611: "temporary-failure",
  21612: "permanent-failure",
  21614: "permanent-failure",
  21617: "technical-failure",
  21635: "permanent-failure",
  21659: "technical-failure",
  21660: "technical-failure",
  21661: "technical-failure",
  21730: "temporary-failure",
  /** The queue overflowed. */
  30001: "temporary-failure",
  /** The account is suspended. */
  30002: "technical-failure",
  /** The handset is off or out of reach. */
  30003: "temporary-failure",
  /** Blocked by the recipient or the carrier. */
  30004: "permanent-failure",
  /** An unknown handset. */
  30005: "permanent-failure",
  /** A landline, or a carrier that cannot be reached. */
  30006: "permanent-failure",
  /** Filtered for its content. */
  30007: "technical-failure",
  /** Unknown to Twilio too. */
  30008: "temporary-failure",
  /** A segment is missing. */
  30009: "temporary-failure",
  /** Over the price limit of our request. */
  30010: "technical-failure",
  30024: "technical-failure",
  30032: "technical-failure",
  30034: "technical-failure",
  /** The recipient's carrier or number refuses it. */
  30442: "permanent-failure",
  30500: "temporary-failure",
  30884: "technical-failure",
  32017: "permanent-failure",
  32203: "permanent-failure",
  60005: "temporary-failure",
  63026: "permanent-failure",
} as const satisfies Record<number, ReceiptKind>;

/** Returns the kind of a failure's receipt by its code; `undefined` for a code that is not listed. */
export function kindOfDeliveryCode(code: string | undefined): ReceiptKind | undefined {
  return lookUp<ReceiptKind>(DELIVERY_CODES, code);
}
