/** Examples of templates, by which a service without templates begins. */
import type { Language } from "../texts/plural.ts";
import type { TypedTemplate } from "./typed_template.ts";

/** An example. */
export interface Example {
  /** Its name in the address of the editor. */
  readonly key: string;
  readonly typed: TypedTemplate;
}

function sms(key: string, name: string, body: string): Example {
  return { key, typed: { ...EMPTY, channel: "sms", name, body } };
}

function email(key: string, name: string, subject: string, body: string): Example {
  return { key, typed: { ...EMPTY, channel: "email", name, subject, body } };
}

const EMPTY = {
  syntax: "notify",
  subject: "",
  unsubscribeLink: false,
  senderId: "",
} as const;

/** The examples in each language. */
export const EXAMPLES: Readonly<Record<Language, readonly Example[]>> = {
  en: [
    sms(
      "reminder",
      "Appointment reminder",
      "Dear ((name)), your appointment is on ((date)) at ((time)), at ((place)).((documents?? Please bring your documents.))",
    ),
    sms(
      "collection",
      "Ready to collect",
      "Your ((item)) is ready to collect at ((place)) until ((date)).",
    ),
    email(
      "decision",
      "Decision about an application",
      "We have decided about your ((application))",
      `Dear ((name)),

# Our decision

We have looked at your application of ((date)) for ((application)).

((approved??^ It is approved.))

# What happens next

* you will get a letter within ((days)) days
* you need to do nothing until then

[Follow your application](https://www.example.com/applications)`,
    ),
  ],
  uk: [
    sms(
      "reminder",
      "Нагадування про прийом",
      "((ім’я)), ваш прийом ((дата)) о ((час)), за адресою ((адреса)).((документи?? Візьміть, будь ласка, документи.))",
    ),
    sms(
      "collection",
      "Готово до видачі",
      "Можна забрати: ((річ)). Адреса: ((адреса)). Чекаємо до ((дата)).",
    ),
    email(
      "decision",
      "Рішення за заявою",
      "Є рішення щодо вашої заяви: ((заява))",
      `Вітаємо, ((ім’я))!

# Наше рішення

Ми розглянули вашу заяву від ((дата)): ((заява)).

((схвалено??^ Її схвалено.))

# Що далі

* за ((днів)) днів ви отримаєте лист
* до того часу нічого робити не треба

[Стежити за заявою](https://www.example.com/applications)`,
    ),
  ],
};
