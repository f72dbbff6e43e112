import type { Notification } from "../notification/notification.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";
import { emailOptionsOf, sentSmsOptionsOf } from "../template/rendering.ts";
import { senderName } from "../service/sender.ts";
import type { Service } from "../service/service.ts";
import type { Steps } from "../steps/steps.ts";
import { renderEmailInSteps } from "../template/email/email.ts";
import { scalarText } from "../template/freemarker/values.ts";
import { toLanguage } from "../template/language.ts";
import { renderSms } from "../template/sms/sms.ts";
import type { TemplateVersion } from "../template/template_record.ts";
import { unsubscribeUrl } from "../unsubscribe/unsubscribe.ts";

/**
 * Composes the message for a provider from a notification and its version of the template. It yields between its steps,
 * so that the caller can serve other requests: a long e-mail takes tenths of a second.
 *
 * @param root the address of this deployment, ending in a slash: links in the message begin with it
 * @throws {Error} for a Diia template that was not published to Diia
 */
export function* composeInSteps(
  notification: Notification,
  { parsed: template, externalId }: TemplateVersion,
  service: Service,
  root: string,
): Steps<OutgoingMessage> {
  const { personal, sender, serviceId, id: notificationId } = notification;
  const {
    twilio_messaging_service_sid: messagingService,
    postmark_message_stream: messageStream,
  } = service.settings;
  const ref = { serviceId, notificationId };
  if (notification.channel === "sms") {
    const validUntil = notification.delivery?.validUntil;
    return {
      channel: "sms",
      ref,
      to: personal.recipient,
      from: personal.from,
      ...(messagingService === null ? {} : { messagingService }),
      sender,
      text: renderSms(template, personal.personalisation, sentSmsOptionsOf(service)),
      ...(validUntil === undefined ? {} : { validUntil }),
    };
  }
  if (notification.channel === "inbox") {
    return {
      channel: "inbox",
      ref,
      to: personal.recipient,
      sender,
      ...(personal.realm === undefined ? {} : { realm: personal.realm }),
      // The content was rendered when the notification was accepted.
      subject: personal.subject ?? "",
      body: personal.body,
      localised: personal.localised ?? {},
      ...(personal.language === undefined ? {} : { language: personal.language }),
    };
  }
  if (notification.channel === "diia") {
    if (externalId === null) throw new Error("the template was not published to Diia");
    return {
      channel: "diia",
      ref,
      to: personal.recipient,
      sender,
      externalTemplateId: externalId,
      recipientId: notificationId,
      parameters: Object.entries(personal.personalisation).map(([key, value]) => ({
        key,
        // As in the preview. Values other than texts, numbers and booleans were refused at the accept.
        value: (scalarText(value) ?? "").toWellFormed(),
      })),
    };
  }
  const language = personal.language ?? service.settings.language;
  const url = unsubscribeUrl(notification, root);
  const email = yield* renderEmailInSteps(template, personal.personalisation, {
    ...emailOptionsOf(service),
    language,
    // Only templates with an unsubscribe link have a token.
    unsubscribeUrl: personal.unsubscribeToken === undefined ? undefined : url ?? undefined,
  });
  return {
    channel: "email",
    ref,
    to: personal.recipient,
    ...(messageStream === null ? {} : { messageStream }),
    from: { name: senderName(service), address: sender },
    replyTo: personal.replyTo,
    subject: personal.title ?? email.subject,
    text: email.text,
    html: email.html,
    headers: {
      "Message-ID": messageId(notification),
      "Content-Language": toLanguage(language).tag,
      ...unsubscribeHeaders(url),
    },
  };
}

/** The same in every attempt, so that mail programs recognise a second copy. */
function messageId({ id, sender }: Notification): string {
  return `<${id}@${sender.slice(sender.lastIndexOf("@") + 1)}>`;
}

/** One-click unsubscription, RFC 8058. */
function unsubscribeHeaders(url: string | null): Readonly<Record<string, string>> {
  if (url === null) return {};
  return {
    "List-Unsubscribe": `<${url}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}
