import type { ServiceId, TemplateId } from "../../domain/ids.ts";
import { CODE_TTL_MS } from "../../domain/recipient_settings/otp.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type {
  RegistryTemplateStore,
  TranslatedTemplate,
} from "../../domain/ports/registry_template_store.ts";
import { ok, refuse } from "../../domain/result.ts";
import type { SendBatch } from "../sending/send_batch.ts";
import {
  CODE_PARAMETER,
  CODE_TEMPLATE,
  type CodeMessage,
  type SendCode,
} from "../../routes/registry/settings/ports.ts";
import { TOKEN_KEY } from "../../routes/registry/token_key.ts";

/** What codes say until a registry publishes words of its own. Diia takes only what was published there. */
const OWN_WORDS = {
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

/** Makes the sender of codes: through the same way in as every other message, ahead of quiet hours. */
export function createOtpSender(
  { clock, contexts, templates, sendBatch, serviceId }: {
    readonly clock: Clock;
    readonly contexts: SendingContexts;
    readonly templates: Pick<RegistryTemplateStore, "family" | "save">;
    readonly sendBatch: SendBatch;
    readonly serviceId: ServiceId;
  },
): SendCode {
  /** The templates of codes, the channel's own among them: made where there is none. */
  async function family(channel: CodeMessage["channel"]): Promise<readonly TranslatedTemplate[]> {
    const found = await templates.family(serviceId, CODE_TEMPLATE);
    if (channel === "diia" || found.some((member) => member.channel === channel)) return found;
    for (const [language, words] of Object.entries(OWN_WORDS[channel])) {
      await templates.save(serviceId, {
        channel,
        name: language === "uk" ? CODE_TEMPLATE : `${CODE_TEMPLATE}-${language}`,
        attributes: [],
        version: { ...words, shortText: null, syntax: "freemarker", external: undefined },
        found: undefined,
        newId: clock.newId() as TemplateId,
      }, clock.now());
    }
    return await templates.family(serviceId, CODE_TEMPLATE);
  }

  return async ({ channel, address, code, language }, waitUntil) => {
    const validUntil = clock.now() + CODE_TTL_MS;
    const tag = language?.split("-")[0]?.toLowerCase() ?? null;
    const [verdict] = await sendBatch.send(TOKEN_KEY, async () => {
      const members = (await family(channel)).filter((member) => member.channel === channel);
      const context = await contexts.load(serviceId, { fresh: true });
      if (context === undefined) return undefined;
      const template = members.find((member) => member.language === tag) ??
        members.find((member) => member.language === null);
      const chosen = template?.language ?? null;
      return {
        context,
        items: [{
          template: template?.template,
          request: {
            channel,
            to: address,
            template: { by: "name", channel, name: CODE_TEMPLATE },
            personalisation: { [CODE_PARAMETER]: code, recipientRoles: [] },
            reference: null,
            senderId: null,
            oneClickUnsubscribeUrl: null,
            sanitise: [],
            ...(chosen === null ? {} : { language: chosen }),
            delivery: { urgent: true, validUntil },
          },
        }],
      };
    }, waitUntil);
    if (verdict === undefined) return refuse({ kind: "not-sent", because: "refused" });
    if (verdict.ok) return ok(undefined);
    const { refusal } = verdict;
    return refusal.kind === "rate-limited" || refusal.kind === "daily-limit"
      ? refuse({ kind: "not-sent", because: "limit", retryAfterS: refusal.retryAfterS })
      : refuse({ kind: "not-sent", because: "refused" });
  };
}
