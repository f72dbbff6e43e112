import type { Service } from "../service/service.ts";
import type { EmailOptions } from "./email/email.ts";
import type { SmsOptions } from "./sms/sms.ts";

/** The service that a message is from, as far as it affects the rendering: its name and settings. */
export type Writer = Pick<Service, "name" | "settings">;

/** Options of a service's SMS as the API returns them: without the service's name as prefix. */
export function smsOptionsOf({ settings }: Writer): SmsOptions {
  return {
    prefix: undefined,
    encoding: settings.sms_encoding,
    transliterate: settings.sms_transliterate,
    cleanPasted: true,
  };
}

/** Options of a service's SMS as they are sent: with the service's name as prefix, if its settings say so. */
export function sentSmsOptionsOf(service: Writer): SmsOptions {
  const prefix = service.settings.sms_prefix ? service.name : undefined;
  return { ...smsOptionsOf(service), prefix };
}

/** Options of a service's e-mails, without an unsubscribe link. */
export function emailOptionsOf({ name, settings }: Writer): EmailOptions {
  return {
    serviceName: name,
    language: settings.language,
    logoUrl: settings.logo_url ?? undefined,
    brandColour: settings.brand_colour ?? undefined,
  };
}
