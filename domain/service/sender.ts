import type { SenderId } from "../ids.ts";
import type { Channel, Service } from "./service.ts";

/**
 * The most senders of a channel that a service may have. A further one is refused: all are loaded for every request.
 */
export const MAX_SENDERS = 100;

/** A sender of a service: the reply-to address of e-mails, or the sender of texts. */
export interface Sender {
  readonly id: SenderId;
  /** `sms` or `email`. */
  readonly channel: Channel;
  /** The reply-to address, or the name or number that a text is from. */
  readonly value: string;
  /** Whether it is used when a request names no sender. At most one of a channel is the default. */
  readonly isDefault: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * The deployment's defaults for every service: the sender of texts, and the domain of the addresses that e-mails are
 * from.
 */
export interface SenderDefaults {
  readonly smsSender: string;
  readonly emailDomain: string;
}

/** The local part of a service's e-mail address when its name has no usable character. */
const FALLBACK_LOCAL_PART = "notifications";

/**
 * Makes a name safe for API keys and e-mail addresses: accents dropped, lower case, white space turned into
 * `separator`, anything but ASCII letters and digits dropped. The result can be empty, as for a name in Cyrillic
 * letters.
 */
export function safeName(name: string, separator: "_" | "."): string {
  const safe = name.normalize("NFD").toLowerCase().trim().replace(/\s+/g, separator)
    .replace(separator === "." ? /[^a-z0-9.]/g : /[^a-z0-9_]/g, "");
  return separator === "." ? safe.replace(/\.{2,}/g, ".").replace(/^\.|\.$/g, "") : safe;
}

/** Removes the plus sign of a number, as GOV.UK Notify shows numbers. */
function withoutPlus(sender: string): string {
  return sender.replace(/^\+(?=[0-9]+$)/, "");
}

/** The sender of the service's messages: of a text, the address of an e-mail, or else the service's name. */
function senderOf(service: Service, channel: Channel, defaults: SenderDefaults): string {
  if (channel === "inbox" || channel === "diia") return service.name;
  if (channel === "sms") return withoutPlus(service.settings.sms_sender ?? defaults.smsSender);
  const local = service.settings.email_from_local ?? safeName(service.name, ".");
  return `${local === "" ? FALLBACK_LOCAL_PART : local}@${defaults.emailDomain}`;
}

/** Sender and reply-to address of a message. They are fixed when the message is accepted. */
export interface Envelope {
  /** The sender of the text, the from address of the e-mail, or on other channels the service's name. */
  readonly sender: string;
  /** The sender of a text when the service sets one; the provider's own when absent. */
  readonly from?: string;
  /** The reply-to address of an e-mail; absent for none. */
  readonly replyTo?: string;
}

/**
 * Finds the sender and the reply-to address of a message: those that the request names, else the channel's default
 * sender of the service, else the service's settings, else the deployment's defaults.
 *
 * @param senderId the sender that the request names; `null` for none
 * @returns `undefined` when the service has no such sender of the channel
 */
export function envelopeOf(
  service: Service,
  channel: Channel,
  senders: readonly Sender[],
  senderId: string | null,
  defaults: SenderDefaults,
): Envelope | undefined {
  const chosen = senders.find((sender) =>
    sender.channel === channel && (senderId === null ? sender.isDefault : sender.id === senderId)
  );
  if (senderId !== null && chosen === undefined) return undefined;
  const sender = senderOf(service, channel, defaults);
  if (channel === "inbox" || channel === "diia") return { sender };
  if (channel === "email") return { sender, ...(chosen && { replyTo: chosen.value }) };
  const from = chosen?.value ?? service.settings.sms_sender;
  return from === null ? { sender } : { sender: withoutPlus(from), from: withoutPlus(from) };
}

/** The display name that the service's e-mails are from: the one in its settings, otherwise the service's name. */
export function senderName(service: Service): string {
  return service.settings.email_from_name ?? service.name;
}
