/** Text messages that people send to the numbers of services. */
import type { ServiceId } from "../ids.ts";
import type { Keyword } from "./keywords.ts";

/** The most numbers for receiving texts that a service can have; a further one is refused. */
export const MAX_INBOUND_NUMBERS = 100;
/** The longest text that is taken, in UTF-16 units. Twilio's longest has 1,600 characters. */
export const MAX_RECEIVED_LENGTH = 10_000;
/** The longest sender or recipient of a text that is taken, in UTF-16 units. */
export const MAX_RECEIVED_ADDRESS = 50;
/** The longest id of a provider that is taken, in UTF-16 units. */
export const MAX_PROVIDER_ID = 200;
/**
 * For how many days after it was received a text is recognised when the provider delivers it again, and is not stored
 * twice.
 */
export const RECEIVED_MARK_DAYS = 90;

/** A text as a provider delivers it, verified and parsed. */
export interface IncomingText {
  /** The provider's `name`. */
  readonly provider: string;
  /** The provider's id of the text. A text that is delivered again has the same, and is stored once. */
  readonly providerMessageId: string;
  /** The sender: digits without a plus sign, or as it came when it is no number. */
  readonly from: string;
  /** The number that it was sent to: digits without a plus sign. */
  readonly to: string;
  readonly message: string;
  /** The word that the provider has recognised, and has answered by itself; `undefined` when it leaves that to Hark. */
  readonly handled: Keyword | undefined;
}

/** Whether a text, its sender or its id is longer than what is taken. */
export function isTextTooLong(
  { providerMessageId, from, message }: Pick<
    IncomingText,
    "providerMessageId" | "from" | "message"
  >,
): boolean {
  return providerMessageId.length > MAX_PROVIDER_ID || from.length > MAX_RECEIVED_ADDRESS ||
    message.length > MAX_RECEIVED_LENGTH;
}

/** A text that a service has received. */
export interface ReceivedText {
  /** A UUID version 7; texts are ordered by it. */
  readonly id: string;
  readonly serviceId: ServiceId;
  /** The sender, as {@link IncomingText.from}. */
  readonly from: string;
  /** The service's number, as {@link IncomingText.to}. */
  readonly to: string;
  readonly message: string;
  /** What Hark answered; `undefined` when it did not. */
  readonly reply: string | undefined;
  /** When it was received, epoch milliseconds. */
  readonly createdAt: number;
}

/** A number of a service that receives texts. */
export interface InboundNumber {
  readonly id: string;
  /** Digits without a plus sign. */
  readonly number: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/**
 * The digits of a telephone number or short code with an optional plus sign, such as `+447700900123` or `60006`.
 *
 * @returns `undefined` for other texts
 */
export function parseDigits(text: string): string | undefined {
  return /^\+?([0-9]{3,15})$/.exec(text.trim())?.[1];
}
