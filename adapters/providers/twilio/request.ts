/** The HTTP requests to Twilio. */
import { toAttemptField } from "../shared/json_fields.ts";
import type { OutgoingSms } from "../../../domain/delivery/outgoing_message.ts";

/** How to reach Twilio, and where Twilio sends receipts. */
export interface TwilioConfig {
  readonly accountSid: string;
  /** The account's primary auth token. It authenticates calls, and Twilio signs the receipts with it. */
  readonly authToken: string;
  /**
   * The auth token before a rotation: calls that Twilio refuses with the new one use it, and receipts that are signed
   * with it are accepted. Absent when no rotation is under way.
   */
  readonly previousAuthToken?: string;
  /** The default sender: a number, an alphanumeric sender, or the `MG…` id of a messaging service. */
  readonly from: string;
  /** The API's URL, such as `https://api.twilio.com`. */
  readonly baseUrl: string;
  /** The public URL of this deployment, at which Twilio sends receipts. Twilio's signature covers it. */
  readonly publicUrl: string;
  /** The timeout of a call in milliseconds; the default is {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** The path that Twilio reports to, below our public address. */
export const TWILIO_RECEIPTS_PATH = "/receipts/twilio";

/**
 * How Twilio repeats a callback that fails, after the address: up to five times, after any failure. Its default is
 * once, and after a failed connection only. All tries are within 15 seconds. Twilio's signature does not cover it.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const CALLBACK_RETRIES = "#rc=5&rp=all";

/** The bounds of `ValidityPeriod`, in seconds; a text that Twilio cannot pass on within it fails. */
const VALIDITY_S = { least: 1, most: 36_000 } as const;

/** An HTTP request. */
export interface TwilioRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * Returns the HTTP request that sends a text message. It names the status callback (webhook) for the message's
 * receipts.
 *
 * @param now epoch milliseconds. `ValidityPeriod` is the time from `now` to the message's `validUntil`, at least 1 s;
 *   it is left out when that is 36,000 s or more, and without a `validUntil`
 */
export function toRequest(
  message: OutgoingSms,
  config: Pick<TwilioConfig, "accountSid" | "authToken" | "from" | "baseUrl" | "publicUrl">,
  now = 0,
): TwilioRequest {
  const { serviceId: service_id, notificationId: notification_id } = message.ref;
  const callback = new URLSearchParams({
    service_id,
    ...toAttemptField(message.attempt),
    notification_id,
  });
  const address = `${withoutSlash(config.publicUrl)}${TWILIO_RECEIPTS_PATH}?${callback}`;
  const form = new URLSearchParams({
    To: `+${message.to}`,
    ...toSender(message, config.from),
    Body: message.text,
    StatusCallback: `${address}${CALLBACK_RETRIES}`,
    ...toValidity(message.validUntil, now),
  });
  return {
    url: messagesUrl(config),
    headers: {
      ...toHeaders(config),
      "Content-Type": "application/x-www-form-urlencoded",
    },
    body: form.toString(),
  };
}

/** The URL at which the account's messages are sent and listed. */
export function messagesUrl(
  { accountSid, baseUrl }: Pick<TwilioConfig, "accountSid" | "baseUrl">,
): string {
  return `${accountUrl({ accountSid, baseUrl })}/Messages.json`;
}

/** The URL of one of the account's messages. */
export function messageUrl(
  config: Pick<TwilioConfig, "accountSid" | "baseUrl">,
  sid: string,
): string {
  return `${accountUrl(config)}/Messages/${encodeURIComponent(sid)}.json`;
}

function accountUrl({ accountSid, baseUrl }: Pick<TwilioConfig, "accountSid" | "baseUrl">): string {
  return `${withoutSlash(baseUrl)}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
}

/** The headers of every request: HTTP Basic credentials, and JSON as the format of the answer. */
export function toHeaders(
  { accountSid, authToken }: Pick<TwilioConfig, "accountSid" | "authToken">,
): Record<string, string> {
  return {
    "Authorization": `Basic ${btoa(`${accountSid}:${authToken}`)}`,
    "Accept": "application/json",
  };
}

/**
 * Returns the form fields of the sender. With a messaging service, they name it, and `from` beside it if the message
 * has one. Otherwise they name `from`, or `standard` (the deployment's default): an `MG…` id as a messaging service,
 * anything else as `From`. A number of 8 to 15 digits gets a plus sign. An `MG…` id is longer than the 11 characters
 * that an alphanumeric sender can have.
 */
export function toSender(
  { from, messagingService }: Pick<OutgoingSms, "from" | "messagingService">,
  standard: string,
): { readonly From?: string; readonly MessagingServiceSid?: string } {
  if (messagingService !== undefined) {
    return {
      MessagingServiceSid: messagingService,
      ...(from === undefined ? {} : { From: toNumber(from) }),
    };
  }
  const sender = from ?? standard;
  if (/^MG[0-9A-Za-z]{10,}$/.test(sender)) return { MessagingServiceSid: sender };
  return { From: toNumber(sender) };
}

function toNumber(from: string): string {
  return /^[1-9]\d{7,14}$/.test(from) ? `+${from}` : from;
}

function toValidity(
  validUntil: number | undefined,
  now: number,
): { readonly ValidityPeriod?: string } {
  if (validUntil === undefined) return {};
  const leftS = Math.floor((validUntil - now) / 1000);
  if (leftS >= VALIDITY_S.most) return {};
  return { ValidityPeriod: String(Math.max(leftS, VALIDITY_S.least)) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
