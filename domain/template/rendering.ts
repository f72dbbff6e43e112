import type { Service } from "../service/service.ts";
import type { EmailOptions } from "./email/email.ts";
import type { SmsOptions } from "./sms/sms.ts";

/** What of a service decides how its messages are written. */
export type Writer = Pick<Service, "name" | "settings">;

/** How a service's texts are written where the API shows them: without the service's name before them. */
export function smsOptionsOf({ settings }: Writer): SmsOptions {
  return {
    prefix: undefined,
    encoding: settings.sms_encoding,
    transliterate: settings.sms_transliterate,
  };
}

/** How a service's texts are written as they are sent. */
export function sentSmsOptionsOf(service: Writer): SmsOptions {
  const prefix = service.settings.sms_prefix ? service.name : undefined;
  return { ...smsOptionsOf(service), prefix };
}

/** What a service's e-mails are dressed with. */
export function emailOptionsOf({ name, settings }: Writer): EmailOptions {
  return {
    serviceName: name,
    language: settings.language,
    logoUrl: settings.logo_url ?? undefined,
    brandColour: settings.brand_colour ?? undefined,
  };
}
