/**
 * Vonage's error codes and their meaning. Sources: https://developer.vonage.com/en/api-errors/messages and
 * https://developer.vonage.com/en/api-errors (the generic ones, which are words).
 */
import type { ReceiptKind } from "../../../domain/delivery/receipt.ts";
import type { ProviderFault } from "../../../domain/ports/provider.ts";
import type { RejectedOutcome, RetryOutcome } from "../shared/http_exchange.ts";
import { lookUp } from "../shared/json_fields.ts";

/** The outcome that an error code of a refused request stands for. */
export type CodeOutcome =
  | Omit<RejectedOutcome, "code">
  | Omit<RetryOutcome, "code">
  | Omit<ProviderFault, "code">;

interface CodeRow {
  /** What the code means in the answer to a request. */
  readonly request: CodeOutcome;
  /** What it means in the report of a text that was rejected or undeliverable. */
  readonly delivery: ReceiptKind;
}

const NOT_SENT = { kind: "retry", outcome: "not-sent" } as const;
const THROTTLED = { ...NOT_SENT, throttled: true } as const;
const RECIPIENT_NOT_NOW = { ...NOT_SENT, ofRecipient: true } as const;
const UNKNOWN = { kind: "retry", outcome: "unknown" } as const;
const ACCOUNT_FAULT = { kind: "provider-fault", scope: "provider" } as const;
/** A fault of the sender: of the deployment's, or of the message's service where it has one of its own. */
const SENDER_FAULT = { kind: "provider-fault", scope: "service" } as const;

/** The number is the reason, for good. */
const RECIPIENT: CodeRow = {
  request: { kind: "rejected", permanent: true },
  delivery: "permanent-failure",
};
/** The number is the reason, for now. */
const RECIPIENT_LATER: CodeRow = { request: RECIPIENT_NOT_NOW, delivery: "temporary-failure" };
/** Our request, its content or a rule of the country is the reason. */
const REQUEST: CodeRow = {
  request: { kind: "rejected", permanent: false },
  delivery: "technical-failure",
};
/** Vonage or the carrier is the reason, for now. */
const LATER: CodeRow = { request: NOT_SENT, delivery: "temporary-failure" };
const TOO_MANY: CodeRow = { request: THROTTLED, delivery: "temporary-failure" };
const ACCOUNT: CodeRow = { request: ACCOUNT_FAULT, delivery: "technical-failure" };
const SENDER: CodeRow = { request: SENDER_FAULT, delivery: "technical-failure" };

/** The codes. For any other code of a refused request the HTTP status decides. */
const CODES = {
  /** The account's rate is exceeded. */
  1000: TOO_MANY,
  /** Parameters are missing or wrong: any, a tag, a template. */
  1010: REQUEST,
  1020: REQUEST,
  1021: REQUEST,
  1022: REQUEST,
  /** An error within Vonage: the text may have been processed. */
  1030: { request: UNKNOWN, delivery: "temporary-failure" },
  /** The message cannot be processed, for example because of the number's prefix. */
  1040: RECIPIENT,
  /** The number is barred. */
  1050: RECIPIENT,
  /** The account is barred, has no credit, or may not use this API. */
  1060: ACCOUNT,
  1070: ACCOUNT,
  1080: ACCOUNT,
  /** Too long. */
  1090: REQUEST,
  /** A failure of communication: not submitted. */
  1100: LATER,
  /** The signature of the request. */
  1110: ACCOUNT,
  /** The sender is not allowed in the country. */
  1120: SENDER,
  /** The time to live. */
  1130: REQUEST,
  /** A facility that the account does not have. */
  1140: ACCOUNT,
  /** The message class. */
  1150: REQUEST,
  /** A number that is not on the list of a trial account. */
  1160: REQUEST,
  /** The number is missing or not valid. */
  1170: RECIPIENT,
  /** The phone is off or out of reach. */
  1180: RECIPIENT_LATER,
  /** The number is not in use any more. */
  1190: RECIPIENT,
  /** The person has changed the carrier, and the number does not work. */
  1200: RECIPIENT,
  /** Filtered by the carrier for its sender or content. */
  1210: REQUEST,
  /** The phone is busy. */
  1220: RECIPIENT_LATER,
  /** A failure of the network. */
  1230: LATER,
  /** The person has opted out. */
  1240: RECIPIENT,
  /** Too many texts to the number. */
  1241: RECIPIENT_LATER,
  /** No route to the number. */
  1250: RECIPIENT,
  /** A routing rule of our account. */
  1251: REQUEST,
  /** The number cannot be reached. */
  1260: RECIPIENT_LATER,
  /** An age restriction. */
  1270: RECIPIENT,
  /** Blocked by the carrier, for example because of the person's plan. */
  1280: RECIPIENT,
  /** Blocked for its content. */
  1282: REQUEST,
  /** The person's prepaid account is empty. */
  1290: RECIPIENT_LATER,
  /** Not a number of the network; a device that cannot receive it. */
  1300: RECIPIENT,
  1310: RECIPIENT,
  /** The message was sent before. */
  1320: REQUEST,
  /** Unknown to Vonage too. */
  1330: RECIPIENT_LATER,
  /** The carrier does not answer. */
  1331: LATER,
  /** Of other channels: outside the window, a fee, a token. */
  1340: REQUEST,
  1350: ACCOUNT,
  1370: ACCOUNT,
  /** The time to live has ended. */
  1360: RECIPIENT_LATER,
  /** A file's address, size or type. */
  1380: REQUEST,
  1381: REQUEST,
  1382: REQUEST,
  /** The channel and its parameters. */
  1400: REQUEST,
  1410: REQUEST,
  /** The sender is not valid for texts. */
  1420: SENDER,
  /** The number is not valid for texts. */
  1430: RECIPIENT,
  /** The type, the reference, the context. */
  1440: REQUEST,
  1450: REQUEST,
  1451: REQUEST,
  /** The day's messages of a registration (10DLC) are used up. */
  1460: ACCOUNT,
  /** The carrier limits texts to the person. */
  1461: RECIPIENT_LATER,
  /** Fraud Defender: a blocked prefix, a burst, artificial traffic. */
  1470: REQUEST,
  1472: TOO_MANY,
  1473: REQUEST,
  /** Rules of the country: the entity, the sender's header, the content, the consent. */
  1480: REQUEST,
  1481: REQUEST,
  1482: REQUEST,
  1483: REQUEST,
  1484: REQUEST,
  "low-balance": ACCOUNT,
  unauthorized: ACCOUNT,
  forbidden: ACCOUNT,
  unprovisioned: ACCOUNT,
  "account-suspended": ACCOUNT,
  "jwt-expired": ACCOUNT,
  "jwt-revoked": ACCOUNT,
  "invalid-api-key": ACCOUNT,
  "invalid-signature": ACCOUNT,
  "invalid-params": REQUEST,
} as const satisfies Readonly<Record<string, CodeRow>>;

/**
 * Returns the outcome that an error code of a refused request stands for; `undefined` for a code that is not listed.
 *
 * @param hasOwnSender whether the message's service set the sender: a fault of it then concerns this service, otherwise
 *   every message of the deployment
 */
export function outcomeOfCode(
  code: string | undefined,
  hasOwnSender: boolean,
): CodeOutcome | undefined {
  const outcome = lookUp<CodeRow>(CODES, code)?.request;
  return outcome === SENDER_FAULT && !hasOwnSender ? ACCOUNT_FAULT : outcome;
}

/** Returns the kind of a failure's receipt by its code; `undefined` for a code that is not listed. */
export function kindOfDeliveryCode(code: string | undefined): ReceiptKind | undefined {
  return lookUp<CodeRow>(CODES, code)?.delivery;
}

/**
 * Returns the code of a problem: the number in its `title`, or else the fragment of its `type`, e.g. `1420` of
 * `https://developer.vonage.com/api-errors/messages#1420`. Reports may hold the problem in another `error`.
 *
 * @returns `undefined` for a value without one
 */
export function codeOfProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if ("error" in value) return codeOfProblem(value.error);
  const title = "title" in value ? value.title : undefined;
  // An object may not be convertible to a text.
  const text = typeof title === "string" || typeof title === "number" ? String(title).trim() : "";
  if (/^\d{1,6}$/.test(text)) return text;
  const type = "type" in value && typeof value.type === "string" ? value.type : "";
  return /#([a-z0-9-]{1,40})$/.exec(type)?.[1];
}
