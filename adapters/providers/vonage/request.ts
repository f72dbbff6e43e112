/** The HTTP requests to Vonage's Messages API. Source: https://developer.vonage.com/en/api/messages */
import { importPKCS8, SignJWT } from "jose";
import type { OutgoingSms } from "../../../domain/delivery/outgoing_message.ts";
import type { NotificationRef } from "../../../domain/ids.ts";
import { parseAttemptField, parseRef } from "../shared/json_fields.ts";

/** How to reach Vonage, and how its calls are verified. */
export interface VonageConfig {
  /** The id of the Vonage application, a UUID. */
  readonly applicationId: string;
  /** The application's private key, PKCS#8 in PEM. */
  readonly privateKey: string;
  /** The key before a rotation: calls that Vonage refuses with the new one are signed with it. Absent without one. */
  readonly previousPrivateKey?: string;
  /**
   * The secrets with which the account signs webhook calls: during a rotation each of them is accepted. When empty,
   * every call is refused.
   */
  readonly signatureSecrets: readonly string[];
  /** The default sender: a number or an alphanumeric sender. */
  readonly from: string;
  /** The API's URL, such as `https://api.nexmo.com`. */
  readonly baseUrl: string;
  /** The public URL of this deployment, at which Vonage sends receipts. */
  readonly publicUrl: string;
  /** The timeout of a call in milliseconds; the default is {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** The path that Vonage reports to, below our public address. */
const VONAGE_RECEIPTS_PATH = "/receipts/vonage";

/** The bounds of `ttl`, in seconds; a text that Vonage cannot pass on within it is rejected. */
const TTL_S = { least: 20, most: 604_800 } as const;

/** How long the token of a call is valid, in seconds: each call has its own. */
const TOKEN_LIFETIME_S = 300;

/** Returns the address that texts are sent to. */
export function messagesUrl({ baseUrl }: Pick<VonageConfig, "baseUrl">): string {
  return `${withoutSlash(baseUrl)}/v1/messages`;
}

/**
 * Returns the JSON that sends a text message. It names the webhook for the message's receipts, and as `client_ref` the
 * message's ids and attempt, which the receipts return.
 *
 * @param now epoch milliseconds. `ttl` is the time from `now` to the message's `validUntil`, at least 20 s; it is left out
 *   when that is a week or more, and without a `validUntil`
 */
export function toRequest(
  message: OutgoingSms,
  config: Pick<VonageConfig, "from" | "publicUrl">,
  now: number,
): Readonly<Record<string, string | number>> {
  return {
    ...toText({ to: message.to, from: senderOf(message, config.from), text: message.text }),
    client_ref: toClientRef(message.ref, message.attempt),
    webhook_url: `${withoutSlash(config.publicUrl)}${VONAGE_RECEIPTS_PATH}`,
    webhook_version: "v1",
    ...toTtl(message.validUntil, now),
  };
}

/** Returns the JSON of a text without receipts. Numbers are digits without a plus sign. */
export function toText(
  { to, from, text }: { readonly to: string; readonly from: string; readonly text: string },
): Readonly<Record<string, string>> {
  return { channel: "sms", message_type: "text", to, from, text };
}

/**
 * The sender: the message's own, or the deployment's. A messaging service of Twilio (`MG…`) is no sender at Vonage, so
 * the deployment's is used instead of it.
 */
function senderOf({ from }: Pick<OutgoingSms, "from">, standard: string): string {
  const sender = from === undefined || /^MG[0-9a-f]{32}$/i.test(from) ? standard : from;
  return /^\+\d+$/.test(sender) ? sender.slice(1) : sender;
}

function toTtl(validUntil: number | undefined, now: number): { readonly ttl?: number } {
  if (validUntil === undefined) return {};
  const leftS = Math.floor((validUntil - now) / 1000);
  return leftS >= TTL_S.most ? {} : { ttl: Math.max(leftS, TTL_S.least) };
}

/** Writes ids and attempt into one text of at most 80 characters, e.g. `{service}.{notification}.2`; Vonage takes 100. */
export function toClientRef({ serviceId, notificationId }: NotificationRef, attempt = 1): string {
  return `${serviceId}.${notificationId}${attempt === 1 ? "" : `.${attempt}`}`;
}

/** Parses what {@link toClientRef} wrote; empty for any other value. */
export function parseClientRef(
  value: unknown,
): { readonly ref: NotificationRef | undefined; readonly attempt?: number } {
  if (typeof value !== "string") return { ref: undefined };
  const [service, notification, attempt] = value.split(".");
  const ref = parseRef(service, notification);
  return ref === undefined ? { ref } : { ref, ...parseAttemptField(attempt) };
}

/**
 * Signs the token of one call, with an id of its own, as the application.
 *
 * @param privateKey PKCS#8 in PEM
 * @param now epoch milliseconds
 * @throws when the key cannot be used
 */
export async function signToken(
  applicationId: string,
  privateKey: string,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return await new SignJWT({ application_id: applicationId })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuedAt(issuedAt).setJti(crypto.randomUUID())
    .setExpirationTime(issuedAt + TOKEN_LIFETIME_S)
    .sign(await importPKCS8(privateKey, "RS256"));
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
