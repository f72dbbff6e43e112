/** The messages of accounts, which Hark sends through Hark: their templates belong to a service of its own. */
import type { TemplateId } from "../ids.ts";
import { DEFAULT_SETTINGS, type ServiceSettings } from "../service/service.ts";
import type { AccountLanguage } from "./account.ts";
import { OWN_SERVICE_ID } from "./own_service_id.ts";
import { OWN_SERVICE_MESSAGES } from "./own_service_messages.ts";

export { OWN_SERVICE_ID };
/** The name of Hark's own service; e-mails are from it. */
export const OWN_SERVICE_NAME = "Hark";

/** The greatest value that limits of services can have: the messages of accounts have limits of their own. */
const NO_LIMIT = 1_000_000;

/** The settings of Hark's own service. */
export const OWN_SERVICE_SETTINGS: ServiceSettings = {
  ...DEFAULT_SETTINGS,
  channels: ["sms", "email"],
  sms_prefix: false,
  rate_limit_per_minute: NO_LIMIT,
  daily_limits: {
    ...DEFAULT_SETTINGS.daily_limits,
    sms: NO_LIMIT,
    email: NO_LIMIT,
    international_sms: NO_LIMIT,
  },
};

/** A text of a message; `subject` for e-mails. */
interface OwnText {
  readonly subject?: string;
  readonly body: string;
}

interface OwnMessage {
  /** The message's number, part of its templates' ids: it never changes. */
  readonly number: number;
  readonly channel: "sms" | "email";
  readonly texts: Readonly<Record<AccountLanguage, OwnText>>;
}

/** The messages by their names. */
export const OWN_MESSAGES = {
  "sign-in-code": {
    number: 1,
    channel: "sms",
    texts: {
      en: { body: "((code)) is your Hark code. It is valid for 10 minutes." },
      uk: { body: "((code)) – ваш код Hark. Він діє 10 хвилин." },
    },
  },
  "registration-link": {
    number: 2,
    channel: "email",
    texts: {
      en: {
        subject: "Finish creating your Hark account",
        body: "Open this page to finish creating your account:\n\n((link))\n\n" +
          "The link works once and for one hour. If you did not ask for it, do nothing.",
      },
      uk: {
        subject: "Завершіть створення облікового запису Hark",
        body: "Відкрийте цю сторінку, щоб завершити створення облікового запису:\n\n((link))\n\n" +
          "Посилання діє один раз і одну годину. Якщо ви його не просили, нічого не робіть.",
      },
    },
  },
  "already-registered": {
    number: 3,
    channel: "email",
    texts: {
      en: {
        subject: "You already have a Hark account",
        body:
          "Somebody asked for a Hark account with this address. You have one already: sign in, " +
          "or choose a new password there if you forgot yours.\n\n((link))\n\n" +
          "If it was not you, do nothing.",
      },
      uk: {
        subject: "У вас уже є обліковий запис Hark",
        body: "Хтось попросив створити обліковий запис Hark з цією адресою. Він у вас уже є: " +
          "увійдіть або виберіть там новий пароль, якщо забули свій.\n\n((link))\n\n" +
          "Якщо це були не ви, нічого не робіть.",
      },
    },
  },
  "password-reset-link": {
    number: 4,
    channel: "email",
    texts: {
      en: {
        subject: "Choose a new Hark password",
        body: "Open this page to choose a new password:\n\n((link))\n\n" +
          "The link works once and for one hour. If you did not ask for it, do nothing: your " +
          "password stays as it is.",
      },
      uk: {
        subject: "Виберіть новий пароль Hark",
        body: "Відкрийте цю сторінку, щоб вибрати новий пароль:\n\n((link))\n\n" +
          "Посилання діє один раз і одну годину. Якщо ви його не просили, нічого не робіть: " +
          "пароль не зміниться.",
      },
    },
  },
  "no-account": {
    number: 5,
    channel: "email",
    texts: {
      en: {
        subject: "There is no Hark account with this address",
        body: "Somebody asked for a new Hark password for this address, but no account has it. " +
          "Perhaps you registered with another one.\n\n((link))\n\nIf it was not you, do nothing.",
      },
      uk: {
        subject: "З цією адресою немає облікового запису Hark",
        body:
          "Хтось попросив новий пароль Hark для цієї адреси, але облікового запису з нею немає. " +
          "Можливо, ви зареєструвалися з іншою.\n\n((link))\n\n" +
          "Якщо це були не ви, нічого не робіть.",
      },
    },
  },
  "email-change-link": {
    number: 6,
    channel: "email",
    texts: {
      en: {
        subject: "Confirm your new address for Hark",
        body: "Open this page to use this address for your Hark account:\n\n((link))\n\n" +
          "The link works once and for one hour. If you did not ask for it, do nothing.",
      },
      uk: {
        subject: "Підтвердьте нову адресу для Hark",
        body: "Відкрийте цю сторінку, щоб використовувати цю адресу для облікового запису Hark:" +
          "\n\n((link))\n\nПосилання діє один раз і одну годину. Якщо ви його не просили, нічого " +
          "не робіть.",
      },
    },
  },
  "email-changed": {
    number: 7,
    channel: "email",
    texts: {
      en: {
        subject: "The address of your Hark account was changed",
        body: "Your Hark account has another e-mail address now. If you did not change it, tell " +
          "the people who run this Hark at once.\n\n((link))",
      },
      uk: {
        subject: "Адресу вашого облікового запису Hark змінено",
        body: "Ваш обліковий запис Hark тепер має іншу електронну адресу. Якщо її змінили не ви, " +
          "негайно повідомте тих, хто підтримує цей Hark.\n\n((link))",
      },
    },
  },
  "invitation": {
    number: 8,
    channel: "email",
    texts: {
      en: {
        subject: "You are invited to a team on Hark",
        body: "((inviter)) invites you to the team of the service ((service)).\n\n((link))\n\n" +
          "The invitation is valid for seven days.",
      },
      uk: {
        subject: "Вас запрошено до команди в Hark",
        body: "((inviter)) запрошує вас до команди сервісу ((service)).\n\n((link))\n\n" +
          "Запрошення діє сім днів.",
      },
    },
  },
  ...OWN_SERVICE_MESSAGES,
  "list-paused": {
    number: 9,
    channel: "email",
    texts: {
      en: {
        subject: "Your list was paused: many of its messages fail",
        body:
          "More than ((share)) % of the messages of the list ((list)) of the service ((service)) " +
          "could not be delivered, so no further one is sent. Look at why, then go on or cancel " +
          "it.\n\n((link))",
      },
      uk: {
        subject: "Ваш список призупинено: багато повідомлень не доставлено",
        body: "Понад ((share)) % повідомлень списку ((list)) сервісу ((service)) не вдалося " +
          "доставити, тому решту не надсилають. Подивіться чому, а тоді продовжте або скасуйте " +
          "його.\n\n((link))",
      },
    },
  },
} as const satisfies Readonly<Record<string, OwnMessage>>;

/** The name of a message of accounts. */
export type OwnMessageName = keyof typeof OWN_MESSAGES;

/** A template of Hark's own service. */
export interface OwnTemplate {
  readonly id: TemplateId;
  readonly channel: "sms" | "email";
  readonly name: string;
  readonly subject: string | null;
  readonly body: string;
}

const LANGUAGE_NUMBERS = { en: 1, uk: 2 } as const satisfies Readonly<
  Record<AccountLanguage, number>
>;

/** The id of a message's template in a language. */
export function ownTemplateId(name: OwnMessageName, language: AccountLanguage): TemplateId {
  const number = LANGUAGE_NUMBERS[language] * 100 + OWN_MESSAGES[name].number;
  return `6861726b-0000-4000-8000-${String(number).padStart(12, "0")}` as TemplateId;
}

/** The templates of Hark's own service. */
export function ownTemplates(): readonly OwnTemplate[] {
  return Object.entries(OWN_MESSAGES).flatMap(([name, { channel, texts }]) =>
    Object.entries(texts).map(([language, text]: [string, OwnText]) => ({
      id: ownTemplateId(name as OwnMessageName, language as AccountLanguage),
      channel,
      name: `${name} (${language})`,
      subject: text.subject ?? null,
      body: text.body,
    }))
  );
}
