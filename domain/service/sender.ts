import type { SenderId } from "../ids.ts";
import type { Channel, Service } from "./service.ts";

/** How many senders of a channel a service may have: they are read with every sending context. */
export const MAX_SENDERS = 100;

/** One of a service's own senders: an address that answers to an e-mail go to, or who a text is from. */
export interface Sender {
  readonly id: SenderId;
  readonly channel: Channel;
  readonly value: string;
  /** It is used where a request names none; at most one of a channel is. */
  readonly isDefault: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What the deployment gives every service: the sender of texts and the domain of e-mail addresses. */
export interface SenderDefaults {
  readonly smsSender: string;
  readonly emailDomain: string;
}

/** The local part of a service's e-mail address when its name leaves nothing usable. */
export const FALLBACK_LOCAL_PART = "notifications";

/**
 * A name made safe for keys and addresses: accents dropped, lower case, white space turned into `separator`,
 * anything but ASCII letters and digits dropped.
 */
export function safeName(name: string, separator: "_" | "."): string {
  const safe = name.normalize("NFD").toLowerCase().trim().replace(/\s+/g, separator)
    .replace(separator === "." ? /[^a-z0-9.]/g : /[^a-z0-9_]/g, "");
  return separator === "." ? safe.replace(/\.{2,}/g, ".").replace(/^\.|\.$/g, "") : safe;
}

/** A number is shown as the peer shows it, without its plus. */
function withoutPlus(sender: string): string {
  return sender.replace(/^\+(?=[0-9]+$)/, "");
}

/** Who a message of the service is from: the sender of a text, the address of an e-mail, else the service by name. */
export function senderOf(service: Service, channel: Channel, defaults: SenderDefaults): string {
  if (channel === "inbox" || channel === "diia") return service.name;
  if (channel === "sms") return withoutPlus(service.settings.sms_sender ?? defaults.smsSender);
  const local = service.settings.email_from_local ?? safeName(service.name, ".");
  return `${local === "" ? FALLBACK_LOCAL_PART : local}@${defaults.emailDomain}`;
}

/** Who a message is from and where answers to it go, as it is fixed when the message is accepted. */
export interface Envelope {
  /** As {@link senderOf}. */
  readonly sender: string;
  /** The sender of a text where the service chose it; absent where it is the provider's own. */
  readonly from?: string;
  readonly replyTo?: string;
}

/**
 * The envelope of a message: the sender that the request names, or the channel's default, or what the service's
 * settings and the deployment say.
 *
 * @param senderId the sender that the request names, if any
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

/** The name that an e-mail of the service is from. */
export function senderName(service: Service): string {
  return service.settings.email_from_name ?? service.name;
}
