import type { FileDesk, PlannedDocument } from "./files/plan_files.ts";
import { hasFile, planFiles, putLinks } from "./files/request_files.ts";
import type { NotificationId } from "./ids.ts";
import { type Charge, chargesFor } from "./limits.ts";
import type { Notification } from "./notification.ts";
import { allowPhone, parsePhone } from "./recipient/phone.ts";
import { parseEmailAddress } from "./recipient/email_address.ts";
import { isGuest } from "./recipient/recipient.ts";
import { isSmokeTestRecipient } from "./recipient/simulated.ts";
import type { Refusal } from "./refusal.ts";
import { sentSmsOptionsOf, smsOptionsOf } from "./rendering.ts";
import { ok, refuse, type Result } from "./result.ts";
import type { SendRequest } from "./send_request.ts";
import { type Envelope, envelopeOf, type Sender, type SenderDefaults } from "./sender.ts";
import type { ApiKey, Guests, Service } from "./service.ts";
import type { TemplateVersion } from "./template_record.ts";
import { EMAIL_MAX_BYTES, renderEmailContent } from "./template/email.ts";
import { type SanitisedValue, sanitisePersonalisation } from "./template/sanitise_content.ts";
import { filledSize, usedPersonalisation } from "./template/filled_size.ts";
import { isEmptyMessage } from "./template/empty_message.ts";
import { measureSms, renderSms, SMS_MAX_CHARACTERS } from "./template/sms.ts";
import { missingPersonalisation, type Personalisation } from "./template/template.ts";

/** What a request is judged by. */
export interface PlanContext {
  readonly service: Service;
  readonly key: ApiKey;
  readonly guests: Guests;
  /** The template that the request names, when the service has it. */
  readonly template: TemplateVersion | undefined;
  readonly senders: readonly Sender[];
  readonly defaults: SenderDefaults;
  /** What the request's files are linked with; absent where there is no place for files. */
  readonly desk?: FileDesk | undefined;
  /** The token of the notification's own link to unsubscribe, where its template asks for one. */
  readonly unsubscribeToken?: string | undefined;
}

/** A request that may be accepted, if the counters allow it. */
export interface Plan {
  readonly notification: Notification;
  readonly template: TemplateVersion;
  readonly charges: readonly Charge[];
  /** A smoke-test recipient: answered like any other, and nothing is stored, sent or counted. */
  readonly smokeTest: boolean;
  readonly sanitised: Readonly<Record<string, SanitisedValue>>;
  /** The files that are to be stored before the notification is. */
  readonly documents: readonly PlannedDocument[];
}

interface ResolvedRecipient {
  readonly to: string;
  readonly recipient: string;
  readonly international: boolean;
}

interface Content {
  readonly subject: string | null;
  readonly body: string;
  readonly fragments: number | null;
}

/**
 * Decides whether one notification may be sent and what it says. Refusals are judged in GOV.UK Notify's order.
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
  const { personalisation: given, changes: sanitised } = sanitisePersonalisation(
    request.personalisation,
    request.sanitise,
  );
  const personalisation = putLinks(context.desk, context.service.id, request, given);
  const content = writeContent(context.service, template.value, personalisation);
  if (!content.ok) return content;
  const envelope = addressEnvelope(context, request);
  if (!envelope.ok) return envelope;
  const recipient = resolveRecipient(context, request);
  if (!recipient.ok) return recipient;
  const documents = planFiles(
    context.desk,
    context.service.id,
    request,
    recipient.value.recipient,
    now,
  );
  if (!documents.ok) return documents;
  const tooLong = judgeLength(request, content.value);
  if (tooLong !== undefined) return refuse(tooLong);

  const { service, key } = context;
  const { to, recipient: normalised, international } = recipient.value;
  const { sender, ...chosen } = envelope.value;
  return ok({
    notification: {
      serviceId: service.id,
      id,
      channel: request.channel,
      keyKind: key.kind,
      keyId: key.id,
      templateId: template.value.id,
      templateVersion: template.value.version,
      reference: request.reference,
      sender,
      fragments: content.value.fragments,
      international,
      createdAt: now,
      personal: {
        to,
        recipient: normalised,
        // What the template does not name is nobody's to keep.
        personalisation: usedPersonalisation(template.value.parsed, personalisation),
        subject: content.value.subject,
        body: content.value.body,
        oneClickUnsubscribeUrl: request.oneClickUnsubscribeUrl,
        ...chosen,
        ...(context.unsubscribeToken === undefined
          ? {}
          : { unsubscribeToken: context.unsubscribeToken }),
      },
    },
    template: template.value,
    charges: chargesFor(service, key.kind, request.channel, international, now),
    smokeTest: isSmokeTestRecipient(request.channel, normalised),
    sanitised,
    documents: documents.value,
  });
}

/** Lengths in UTF-16 units past which a message is refused before it is put together. */
export const LONGEST_FILLED = { sms: 100_000, email: 2 * EMAIL_MAX_BYTES } as const;

function chooseTemplate(
  { service, template }: PlanContext,
  { channel }: SendRequest,
): Result<TemplateVersion, Refusal> {
  if (!service.settings.channels.includes(channel)) {
    return refuse({ kind: "channel-not-allowed", channel });
  }
  if (template === undefined) return refuse({ kind: "template-not-found" });
  if (template.channel !== channel) {
    return refuse({ kind: "template-wrong-channel", template: template.channel, asked: channel });
  }
  return template.archived ? refuse({ kind: "template-deleted" }) : ok(template);
}

function writeContent(
  service: Service,
  template: TemplateVersion,
  personalisation: Personalisation,
): Result<Content, Refusal> {
  const names = missingPersonalisation(template.parsed, personalisation);
  if (names.length > 0) return refuse({ kind: "missing-personalisation", names });
  // A template may name a value often: what would be far too long is not even put together.
  const length = filledSize(template.parsed, personalisation);
  if (length > LONGEST_FILLED[template.channel]) {
    return refuse({ kind: "message-too-long", channel: template.channel, length });
  }
  if (template.channel === "sms") {
    const body = renderSms(template.parsed, personalisation, smsOptionsOf(service));
    if (body === "") return refuse({ kind: "empty-message" });
    if (hasFile(personalisation)) return refuse({ kind: "file-in-text" });
    const sent = service.settings.sms_prefix
      ? renderSms(template.parsed, personalisation, sentSmsOptionsOf(service))
      : body;
    return ok({ subject: null, body, fragments: measureSms(sent).fragments });
  }
  const { subject, body } = renderEmailContent(template.parsed, personalisation);
  if (isEmptyMessage(template.parsed, personalisation)) return refuse({ kind: "empty-message" });
  return ok({ subject, body, fragments: null });
}

function addressEnvelope(
  { service, senders, defaults }: PlanContext,
  { channel, senderId }: SendRequest,
): Result<Envelope, Refusal> {
  const envelope = envelopeOf(service, channel, senders, senderId, defaults);
  if (envelope !== undefined) return ok(envelope);
  const field = channel === "sms" ? "sms_sender_id" : "email_reply_to_id";
  return refuse({ kind: "sender-not-found", field, id: senderId ?? "", serviceId: service.id });
}

function resolveRecipient(
  context: PlanContext,
  request: SendRequest,
): Result<ResolvedRecipient, Refusal> {
  const { service } = context;
  if (request.channel === "email") {
    const address = parseEmailAddress(request.to);
    if (!address.ok) return refuse({ kind: "email-not-valid" });
    const recipient = address.value.normalised;
    const stopped = judgeAudience(context, request, recipient);
    if (stopped !== undefined) return refuse(stopped);
    return ok({ to: request.to.trim(), recipient, international: false });
  }
  const country = service.settings.country;
  const phone = parsePhone(request.to, { country });
  if (!phone.ok) return refuse({ kind: "phone-not-valid", code: phone.refusal.code });
  const recipient = phone.value.normalised;
  const stopped = judgeAudience(context, request, recipient);
  if (stopped !== undefined) return refuse(stopped);
  const allowed = allowPhone(phone.value, {
    international: service.settings.international_sms,
    landline: service.settings.uk_landlines,
  });
  if (!allowed.ok) {
    const abroad = phone.value.abroad && !service.settings.international_sms;
    return refuse(
      abroad
        ? { kind: "international-not-allowed" }
        : { kind: "phone-not-valid", code: allowed.refusal.code },
    );
  }
  return ok({ to: request.to.trim(), recipient, international: phone.value.abroad });
}

/** Whether the key and the service's mode let this recipient through. */
function judgeAudience(
  { service, key, guests }: PlanContext,
  { channel }: SendRequest,
  recipient: string,
): Refusal | undefined {
  if (key.kind === "test" || isSmokeTestRecipient(channel, recipient)) return undefined;
  if (key.kind === "live" && service.mode === "live") return undefined;
  if (isGuest(recipient, guests, { channel, country: service.settings.country })) return undefined;
  const because = key.kind === "team" ? "team-key" : "trial-mode";
  return { kind: "recipient-not-allowed", because };
}

function judgeLength({ channel }: SendRequest, { body }: Content): Refusal | undefined {
  if (channel === "sms") {
    const length = measureSms(body).characters;
    return length > SMS_MAX_CHARACTERS ? { kind: "message-too-long", channel, length } : undefined;
  }
  // A UTF-16 unit takes at most three bytes, so most bodies need no encoding to be judged.
  if (body.length * 3 <= EMAIL_MAX_BYTES) return undefined;
  const length = new TextEncoder().encode(body).length;
  return length > EMAIL_MAX_BYTES ? { kind: "message-too-long", channel, length } : undefined;
}
