import type { Notification } from "./notification.ts";
import type { OutgoingMessage } from "./provider.ts";
import { senderName } from "./sender.ts";
import type { Service } from "./service.ts";
import { renderEmail } from "./template/email.ts";
import { renderSms } from "./template/sms.ts";
import type { Template } from "./template/template.ts";

/** Makes the message that a provider is given from a notification and its version of the template. */
export function composeMessage(
  notification: Notification,
  template: Template,
  service: Service,
): OutgoingMessage {
  const { personal, serviceId, id: notificationId } = notification;
  const ref = { serviceId, notificationId };
  if (notification.channel === "sms") {
    return {
      channel: "sms",
      ref,
      to: personal.recipient,
      from: service.settings.sms_sender ?? undefined,
      text: renderSms(template, personal.personalisation, {
        prefix: service.settings.sms_prefix ? service.name : undefined,
        encoding: service.settings.sms_encoding,
      }),
    };
  }
  const email = renderEmail(template, personal.personalisation, { serviceName: service.name });
  return {
    channel: "email",
    ref,
    to: personal.recipient,
    from: { name: senderName(service), address: notification.sender },
    replyTo: undefined,
    subject: email.subject,
    text: email.text,
    html: email.html,
    headers: unsubscribeHeaders(personal.oneClickUnsubscribeUrl),
  };
}

/** One-click unsubscription, RFC 8058. */
function unsubscribeHeaders(url: string | null): Readonly<Record<string, string>> {
  if (url === null) return {};
  return {
    "List-Unsubscribe": `<${url}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}
