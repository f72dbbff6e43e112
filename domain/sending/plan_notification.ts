import type { PlannedDocument } from "../files/plan_files.ts";
import { planFiles, putLinks } from "../files/request_files.ts";
import type { NotificationId } from "../ids.ts";
import { limitDayOf } from "./limit_day.ts";
import { chargesFor, type QuotaCharge } from "./limits.ts";
import type { Notification } from "../notification/notification.ts";
import type { PlanContext } from "./plan_context.ts";
import { checkLength, writeContent, writeLocalised } from "./plan_content.ts";
import { resolveRecipient } from "./plan_recipient.ts";
import { isSmokeTestRecipient } from "../recipient/simulated.ts";
import type { Refusal } from "./refusal.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { SendRequest } from "./send_request.ts";
import { type Envelope, envelopeOf } from "../service/sender.ts";
import type { TemplateVersion } from "../template/template_record.ts";
import { type SanitisedValue, sanitisePersonalisation } from "../template/sanitise_content.ts";
import { usedPersonalisation } from "../template/filled_size.ts";
import { cleanValues } from "../text/clean_values.ts";
import { removeControlCharacters } from "../text/pasted_text.ts";

/**
 * A request to send that passed every check of {@link planNotification}. The accept, which stores the notification,
 * then checks the rate limit and the daily limits, and whether the recipient is suppressed.
 */
export interface Plan {
  /** The notification to store. */
  readonly notification: Notification;
  /** The version of the template that it is made from. */
  readonly template: TemplateVersion;
  /** What it costs of the rate limit and the daily limits; the accept checks and adds these charges. */
  readonly charges: readonly QuotaCharge[];
  /**
   * Whether the recipient is one of the smoke tests': the request is answered like any other, but nothing is stored,
   * sent or counted.
   */
  readonly smokeTest: boolean;
  /** The values that sanitising has changed, by the caller's names, for the answer. */
  readonly sanitised: Readonly<Record<string, SanitisedValue>>;
  /** The files to store before the notification is accepted. */
  readonly documents: readonly PlannedDocument[];
}

/**
 * Evaluates a request to send: renders its content, resolves its sender and recipient, and computes its charges.
 * Nothing is stored. Control characters in values are removed. It checks in GOV.UK Notify's order, and the first failed
 * check is the refusal.
 *
 * @param now epoch milliseconds
 * @param id the id that the notification will have
 */
export function planNotification(
  context: PlanContext,
  request: SendRequest,
  now: number,
  id: NotificationId,
): Result<Plan, Refusal> {
  const template = chooseTemplate(context, request);
  if (!template.ok) return template;
  const { personalisation: sanitisedValues, changes: sanitised } = sanitisePersonalisation(
    cleanValues(request.personalisation),
    request.sanitise,
  );
  const personalisation = putLinks(context.fileLinks, context.service.id, request, sanitisedValues);
  const content = writeContent(context.service, template.value, personalisation);
  if (!content.ok) return content;
  const envelope = addressEnvelope(context, request);
  if (!envelope.ok) return envelope;
  const recipient = resolveRecipient(context, request);
  if (!recipient.ok) return recipient;
  const documents = planFiles(
    context.fileLinks,
    context.service.id,
    request,
    recipient.value.recipient,
    now,
  );
  if (!documents.ok) return documents;
  const tooLong = checkLength(request.channel, content.value);
  if (tooLong !== undefined) return refuse(tooLong);
  const title = request.title === undefined ? undefined : removeControlCharacters(request.title);
  const localised = request.localised ??
    writeLocalised(context.translations, personalisation, title);

  const { service, key } = context;
  const { to, recipient: normalised, international, realm } = recipient.value;
  const { sender, ...chosen } = envelope.value;
  const sendAt = Math.max(request.delivery?.scheduledFor ?? now, now);
  return ok({
    notification: {
      serviceId: service.id,
      id,
      channel: request.channel,
      keyKind: key.kind,
      keyId: key.id,
      ...(context.authorId === undefined ? {} : { authorId: context.authorId }),
      ...(request.resentFrom === undefined ? {} : { resentFrom: request.resentFrom }),
      templateId: template.value.id,
      templateVersion: template.value.version,
      reference: request.reference,
      sender,
      fragments: content.value.fragments,
      international,
      createdAt: now,
      ...(key.kind === "test" ? {} : { limitDay: limitDayOf(service, sendAt).day }),
      ...(request.delivery === undefined ? {} : { delivery: request.delivery }),
      personal: {
        to,
        recipient: normalised,
        ...(realm === undefined ? {} : { realm }),
        ...(request.context === undefined ? {} : { context: request.context }),
        // Keep only values that the template uses (data minimisation).
        personalisation: usedPersonalisation(template.value.parsed, personalisation),
        subject: title ?? content.value.subject,
        ...(title === undefined ? {} : { title }),
        body: content.value.body,
        oneClickUnsubscribeUrl: request.oneClickUnsubscribeUrl,
        ...chosen,
        ...(request.language === undefined ? {} : { language: request.language }),
        ...(localised === undefined ? {} : { localised }),
        ...(context.unsubscribeToken === undefined
          ? {}
          : { unsubscribeToken: context.unsubscribeToken }),
      },
    },
    template: template.value,
    charges: chargesFor(service, key.kind, request.channel, international, now, sendAt),
    smokeTest: isSmokeTestRecipient(request.channel, normalised),
    sanitised,
    documents: documents.value,
  });
}

/**
 * Checks that the service may send on the channel, and that its template exists, is of the channel and is not archived.
 *
 * @returns the newest version of the template; or the refusal of the first check that fails
 */
export function chooseTemplate(
  { service, template, hasInbox }: Pick<PlanContext, "service" | "template" | "hasInbox">,
  { channel }: Pick<SendRequest, "channel">,
): Result<TemplateVersion, Refusal> {
  if (!service.settings.channels.includes(channel)) {
    return refuse({ kind: "channel-not-allowed", channel });
  }
  if (channel === "inbox" && hasInbox !== true) return refuse({ kind: "no-inbox" });
  if (template === undefined) return refuse({ kind: "template-not-found" });
  if (template.channel !== channel) {
    return refuse({
      kind: "template-wrong-channel",
      template: template.channel,
      requested: channel,
    });
  }
  return template.archived ? refuse({ kind: "template-deleted" }) : ok(template);
}

/**
 * Finds the sender and reply-to address of a message: those that the request names, else those of the template, which may
 * have been deleted, else the defaults. @returns `sender-not-found` for an id that the channel does not
 * have
 */
export function addressEnvelope(
  { service, senders, defaults, template }: Pick<
    PlanContext,
    "service" | "senders" | "defaults" | "template"
  >,
  { channel, senderId }: Pick<SendRequest, "channel" | "senderId">,
): Result<Envelope, Refusal> {
  const ofTemplate = senders.find(({ id }) => id === template?.senderId);
  const chosen = senderId ?? ofTemplate?.id ?? null;
  const envelope = envelopeOf(service, channel, senders, chosen, defaults);
  if (envelope !== undefined) return ok(envelope);
  const field = channel === "sms" ? "sms_sender_id" : "email_reply_to_id";
  return refuse({ kind: "sender-not-found", field, id: senderId ?? "", serviceId: service.id });
}
