/** Sends the one-time passcodes (OTP) that prove a recipient's address. */
import type { ServiceId, TemplateId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type {
  RegistryTemplateStore,
  TranslatedTemplate,
} from "../../domain/ports/registry_template_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { RecipientChannel } from "../../domain/recipient_settings/channels.ts";
import { CODE_TTL_MS } from "../../domain/recipient_settings/otp.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import type { BatchItem } from "../sending/batch.ts";
import type { SendBatch } from "../sending/send_batch.ts";

/** The registry template that passcodes are sent with, one a channel. */
const OTP_TEMPLATE = "channel-confirmation";
/** The name of the passcode in that template. */
const OTP_PARAMETER = "verificationCode";

/** A one-time passcode to send. Log neither the address nor the code. */
export interface OtpMessage {
  readonly channel: RecipientChannel;
  /** The address that the passcode is to prove. */
  readonly address: string;
  readonly code: string;
  /** The roles in the recipient's access token; the template gets them as its value `recipientRoles`. */
  readonly roles: readonly string[];
  /**
   * The language that the recipient requested, a BCP 47 tag. When it is absent, or the template has no translation in
   * it, the message is in the service's language.
   */
  readonly language: string | undefined;
}

/** Why a passcode was not sent. `retryAfterS` is in seconds. */
export type OtpNotSent =
  /** A rate limit or a daily limit of the service is used up. */
  | { readonly kind: "not-sent"; readonly because: "limit"; readonly retryAfterS: number }
  /** The template `channel-confirmation` shows no text, or lacks a value, for the roles of this person. */
  | { readonly kind: "not-sent"; readonly because: "no-text" }
  /** The service is archived, does not have the channel, or may not send to the address. */
  | { readonly kind: "not-sent"; readonly because: "refused" };

/**
 * Sends a passcode as a notification of the service, whatever the recipient's channel settings and the quiet hours are.
 * The message expires with the passcode, after 5 minutes. It uses the channel's template `channel-confirmation`. When
 * none is published, it saves and uses a default one in Ukrainian and English; the channel `diia` has no default, and
 * is refused. It resolves when the notification is accepted, before it is delivered.
 *
 * @param waitUntil keeps the runtime alive for work that continues after the answer
 */
export type SendOtp = (
  message: OtpMessage,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<Result<void, OtpNotSent>>;

/** The dependencies of {@link createOtpSender}. */
export interface OtpSenderPorts {
  readonly clock: Clock;
  readonly contexts: SendingContexts;
  readonly templates: Pick<RegistryTemplateStore, "listByName" | "save">;
  readonly sendBatch: SendBatch;
  readonly serviceId: ServiceId;
}

/** Used until a registry publishes its own template. Diia has no default: it accepts published templates only. */
const DEFAULT_MESSAGES = {
  email: {
    uk: {
      title: "Код підтвердження",
      content: "<p>Ваш код підтвердження: <strong>${verificationCode}</strong></p>" +
        "<p>Він діє п'ять хвилин. Якщо ви його не просили, нічого не робіть.</p>",
    },
    en: {
      title: "Confirmation code",
      content: "<p>Your confirmation code: <strong>${verificationCode}</strong></p>" +
        "<p>It is valid for five minutes. If you did not ask for it, do nothing.</p>",
    },
  },
  sms: {
    uk: { title: null, content: "Код підтвердження: ${verificationCode}. Діє 5 хвилин." },
    en: { title: null, content: "Confirmation code: ${verificationCode}. Valid for 5 minutes." },
  },
} as const;

/** Creates the sender of one-time passcodes. */
export function createOtpSender(
  { clock, contexts, templates, sendBatch, serviceId }: OtpSenderPorts,
): SendOtp {
  /** The channel's template and its translations. Saves the default ones when the channel has none. */
  async function loadTranslations(
    channel: RecipientChannel,
  ): Promise<readonly TranslatedTemplate[]> {
    const existing = await findTranslations(channel);
    if (channel === "diia" || existing.length > 0) return existing;
    for (const [language, text] of Object.entries(DEFAULT_MESSAGES[channel])) {
      await templates.save(serviceId, {
        channel,
        name: language === "uk" ? OTP_TEMPLATE : `${OTP_TEMPLATE}-${language}`,
        attributes: [],
        version: { ...text, shortText: null, syntax: "freemarker", external: undefined },
        previous: undefined,
        newId: clock.newId() as TemplateId,
      }, clock.now());
    }
    return await findTranslations(channel);
  }

  async function findTranslations(channel: RecipientChannel) {
    const translations = await templates.listByName(serviceId, OTP_TEMPLATE);
    return translations.filter((translation) => translation.channel === channel);
  }

  return async (message, waitUntil) => {
    const validUntil = clock.now() + CODE_TTL_MS;
    const [verdict] = await sendBatch.send(ACCESS_TOKEN_KEY, async () => {
      const translations = await loadTranslations(message.channel);
      const context = await contexts.load(serviceId, { fresh: true });
      if (context === undefined) return undefined;
      return { context, items: [toBatchItem(message, translations, validUntil)] };
    }, waitUntil);
    if (verdict === undefined) return refuse({ kind: "not-sent", because: "refused" });
    return verdict.ok ? ok(undefined) : refuse(toNotSent(verdict.refusal));
  };
}

function toBatchItem(
  { channel, address, code, roles, language }: OtpMessage,
  translations: readonly TranslatedTemplate[],
  validUntil: number,
): BatchItem {
  const requested = language?.split("-")[0]?.toLowerCase() ?? null;
  const translation = translations.find((candidate) => candidate.language === requested) ??
    translations.find((candidate) => candidate.language === null);
  const sentLanguage = translation?.language ?? null;
  return {
    template: translation?.template,
    request: {
      channel,
      to: address,
      template: { by: "name", channel, name: OTP_TEMPLATE },
      personalisation: { [OTP_PARAMETER]: code, recipientRoles: roles },
      reference: null,
      senderId: null,
      oneClickUnsubscribeUrl: null,
      sanitise: [],
      ...(sentLanguage === null ? {} : { language: sentLanguage }),
      delivery: { urgent: true, validUntil },
    },
  };
}

function toNotSent(refusal: Refusal): OtpNotSent {
  switch (refusal.kind) {
    case "rate-limited":
    case "daily-limit":
      return { kind: "not-sent", because: "limit", retryAfterS: refusal.retryAfterS };
    case "empty-message":
    case "missing-personalisation":
      return { kind: "not-sent", because: "no-text" };
    default:
      return { kind: "not-sent", because: "refused" };
  }
}
