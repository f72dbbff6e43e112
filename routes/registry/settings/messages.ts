import type { RecipientChannel } from "../../../domain/recipient_settings/channels.ts";
import type { Context } from "hono";
import { preferredLanguage } from "./language.ts";

/** A message in English and Ukrainian, the languages of the settings API. */
export type LocalisedMessage = Readonly<Record<"en" | "uk", string>>;

/** The messages for an address that is not valid, by the channel whose address it is. */
export const ADDRESS_MESSAGES = {
  email: {
    en: "Not a valid email address",
    uk: "Неправильна адреса електронної пошти",
  },
  diia: {
    en: "Not a valid tax number: it has ten digits, the last of which checks the others",
    uk: "Неправильний РНОКПП: у ньому десять цифр, остання з яких контрольна",
  },
  sms: {
    en: "Not a valid phone number, or not one that texts can be sent to",
    uk: "Неправильний номер телефону, або на нього не можна надсилати повідомлення",
  },
} as const satisfies Record<RecipientChannel, LocalisedMessage>;

/** The message for a request whose body has invalid fields; the fields are listed beside it. */
export const FIELD_MESSAGES: LocalisedMessage = {
  en: "Invalid request: see errors",
  uk: "Деякі поля заповнено неправильно",
};

/**
 * Returns a message twice: `message` in English, `localizedMessage` in Ukrainian when `Accept-Language` prefers that,
 * else in English.
 */
export function inBoth(
  c: Context,
  message: LocalisedMessage,
): { readonly message: string; readonly localizedMessage: string } {
  const ukrainian = /^uk(?:-|$)/i.test(preferredLanguage(c.req.header("accept-language")) ?? "");
  return { message: message.en, localizedMessage: ukrainian ? message.uk : message.en };
}
