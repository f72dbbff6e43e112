/** Sending a message again: which messages, and as what request. */
import type { PersonalData, StoredNotification } from "../notification/notification.ts";
import { type Status, STATUS_TABLE } from "../notification/status.ts";
import { formatRecipient } from "../recipient/recipient.ts";
import type { Sender } from "../service/sender.ts";
import type { Channel, Service } from "../service/service.ts";
import type { SendRequest } from "./send_request.ts";

/** Whether a message of this status can be sent again: it has ended, so that no provider still delivers it. */
export function isResendable(status: Status): boolean {
  return STATUS_TABLE[status].completed;
}

/**
 * Returns the request that repeats a message: to the same recipient, of the same version of its template, with the same
 * values, reference and sender. It is sent at once, in quiet hours only if the original was. Values of a file are its
 * link, which the message has then too.
 *
 * @param senders those of the service; a sender that it no longer has becomes the default one
 * @param service as it is now
 */
export function resendRequest(
  { id, channel, templateId, reference, personal, delivery }: StoredNotification,
  { senders, service }: { readonly senders: readonly Sender[]; readonly service: Service },
): SendRequest {
  const chosen = channel === "email" ? personal.replyTo : personal.from;
  const sender = senders.find((one) => one.channel === channel && one.value === chosen);
  const { realm, context, title, language, localised } = personal;
  return {
    channel,
    to: recipientOf(channel, personal, service.settings.country),
    ...(realm === undefined ? {} : { realm }),
    ...(context === undefined ? {} : { context }),
    template: { by: "id", id: templateId },
    ...(language === undefined ? {} : { language }),
    personalisation: personal.personalisation,
    reference,
    senderId: sender?.id ?? null,
    oneClickUnsubscribeUrl: personal.oneClickUnsubscribeUrl,
    sanitise: [],
    ...(title === undefined ? {} : { title }),
    ...(delivery?.urgent === true ? { delivery: { urgent: true } } : {}),
    resentFrom: id,
    ...(localised === undefined ? {} : { localised }),
  };
}

/** The recipient as supplied, unless the service's country has changed since and makes another number of it. */
function recipientOf(
  channel: Channel,
  { to, recipient }: PersonalData,
  country: string,
): string {
  return channel === "sms" && formatRecipient(to, country) !== recipient ? `+${recipient}` : to;
}
