import type { Channel, Service } from "./service.ts";

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

/** Who a message of the service is from: the sender of a text, or the address of an e-mail. */
export function senderOf(service: Service, channel: Channel, defaults: SenderDefaults): string {
  if (channel === "sms") {
    // A number is shown as the peer shows it, without its plus.
    return (service.settings.sms_sender ?? defaults.smsSender).replace(/^\+(?=[0-9]+$)/, "");
  }
  const local = service.settings.email_from_local ?? safeName(service.name, ".");
  return `${local === "" ? FALLBACK_LOCAL_PART : local}@${defaults.emailDomain}`;
}

/** The name that an e-mail of the service is from. */
export function senderName(service: Service): string {
  return service.settings.email_from_name ?? service.name;
}
