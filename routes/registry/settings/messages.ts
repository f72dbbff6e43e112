import type { RecipientChannel } from "../../../domain/recipient_settings/channels.ts";
import type { AppContext } from "../../http/context.ts";
import { preferredLanguage } from "./language.ts";

/** A message in the languages that the surface speaks. */
export type Words = Readonly<Record<"en" | "uk", string>>;

/** What is said of an address that is none. */
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
} as const satisfies Record<RecipientChannel, Words>;

/** What is said of fields that are missing or no texts. */
export const FIELD_MESSAGES: Words = {
  en: "Invalid request: see errors",
  uk: "Деякі поля заповнено неправильно",
};

/** A message as the API says it, and in the language that the caller asks for. */
export function inBoth(
  c: AppContext,
  words: Words,
): { readonly message: string; readonly localizedMessage: string } {
  const ukrainian = /^uk(?:-|$)/i.test(preferredLanguage(c.req.header("accept-language")) ?? "");
  return { message: words.en, localizedMessage: ukrainian ? words.uk : words.en };
}
