/** The content of a notification. No I/O, no clock. */
import type { LocalisedContent } from "../notification/notification.ts";
import { hasFile } from "../files/request_files.ts";
import type { Refusal } from "./refusal.ts";
import { sentSmsOptionsOf, smsOptionsOf } from "../template/rendering.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { Channel, Service } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";
import { EMAIL_MAX_BYTES, renderEmailContent } from "../template/email/email.ts";
import { filledSize } from "../template/filled_size.ts";
import { hasTooManyTokens } from "../template/markup_tokens.ts";
import { renderInbox } from "../template/inbox.ts";
import { isEmptyMessage } from "../template/empty_message.ts";
import { measureSms, renderSms, SMS_MAX_CHARACTERS } from "../template/sms/sms.ts";
import { missingPersonalisation, type Personalisation } from "../template/template.ts";

/**
 * The largest rendered body of an inbox message, in bytes of UTF-8. A larger one is refused; of a translation, left
 * out.
 */
export const INBOX_MAX_BYTES = 200_000;
/** The longest Diia message with its placeholders filled, in UTF-16 units. */
export const DIIA_MAX_LENGTH = 20_000;

/**
 * Lengths in UTF-16 units, by channel, above which a filled message is refused before it is rendered. For Diia it is
 * the only limit; the stricter limits of the other channels are checked after rendering.
 */
export const LONGEST_FILLED = {
  sms: 100_000,
  email: 2 * EMAIL_MAX_BYTES,
  inbox: INBOX_MAX_BYTES,
  diia: DIIA_MAX_LENGTH,
} as const satisfies Record<Channel, number>;

/** The content of a notification, as the API shows it. */
export interface Content {
  /** `null` for a text message. */
  readonly subject: string | null;
  /**
   * The text of a text message, the filled source (markdown or HTML) of an e-mail, or the HTML of an inbox message. Of
   * a Diia message it is the template's body with its placeholders, which Diia fills.
   */
  readonly body: string;
  /** How many billed parts a text message has as it is sent; `null` for other channels. */
  readonly fragments: number | null;
}

/**
 * Renders a notification's content as the API shows it. It refuses missing personalisation, empty messages, files in
 * other messages than e-mails, and messages that are far too long or have too much markup; {@link checkLength} checks
 * the exact limit.
 */
export function writeContent(
  service: Service,
  template: TemplateVersion,
  personalisation: Personalisation,
): Result<Content, Refusal> {
  const names = missingPersonalisation(template.parsed, personalisation);
  if (names.length > 0) return refuse({ kind: "missing-personalisation", names });
  // A template can use a value many times: a message that would be far too long is not rendered.
  const { channel } = template;
  const length = filledSize(template.parsed, personalisation);
  if (length > LONGEST_FILLED[channel]) {
    return refuse({ kind: "message-too-long", channel, length });
  }
  if (hasTooManyTokens(template.parsed, personalisation, length)) {
    return refuse({ kind: "too-much-markup" });
  }
  return WRITERS[channel](service, template, personalisation);
}

/**
 * Renders an inbox message in other languages, by tag. A translation is left out when a value for it is missing, or
 * when it is empty or too long: recipients who prefer its language get the template's default text.
 *
 * @param title replaces the subject of every translation
 * @returns `undefined` when there is no translation
 */
export function writeLocalised(
  translations: Translations | undefined,
  personalisation: Personalisation,
  title: string | undefined,
): Readonly<Record<string, LocalisedContent>> | undefined {
  const written = Object.entries(translations ?? {}).flatMap(([tag, { parsed, channel }]) => {
    if (missingPersonalisation(parsed, personalisation).length > 0) return [];
    if (filledSize(parsed, personalisation) > LONGEST_FILLED[channel]) return [];
    const { subject, body } = renderInbox(parsed, personalisation);
    const isTooLong = checkBytes(channel, body, INBOX_MAX_BYTES) !== undefined;
    return isTooLong || body.trim() === ""
      ? []
      : [[tag, { subject: title ?? subject, body }] as const];
  });
  return written.length === 0 ? undefined : Object.fromEntries(written);
}

type Write = (
  service: Service,
  template: TemplateVersion,
  personalisation: Personalisation,
) => Result<Content, Refusal>;

const WRITERS = {
  sms: writeSms,
  email: (_service, { parsed }, personalisation) => {
    const { subject, body } = renderEmailContent(parsed, personalisation);
    if (isEmptyMessage(parsed, personalisation)) return refuse({ kind: "empty-message" });
    return ok({ subject, body, fragments: null });
  },
  inbox: (_service, { parsed }, personalisation) => {
    if (hasFile(personalisation)) return refuse({ kind: "file-in-text" });
    const { subject, body } = renderInbox(parsed, personalisation);
    if (body.trim() === "") return refuse({ kind: "empty-message" });
    return ok({ subject, body, fragments: null });
  },
  diia: (_service, { subject, body, externalId }, personalisation) => {
    if (externalId === null) return refuse({ kind: "template-not-published" });
    if (hasFile(personalisation)) return refuse({ kind: "file-in-text" });
    // Diia renders the message, so the unfilled text of the template is stored.
    return ok({ subject, body, fragments: null });
  },
} as const satisfies Record<Channel, Write>;

function writeSms(
  service: Service,
  { parsed }: TemplateVersion,
  personalisation: Personalisation,
): Result<Content, Refusal> {
  const body = renderSms(parsed, personalisation, smsOptionsOf(service));
  if (body === "") return refuse({ kind: "empty-message" });
  if (hasFile(personalisation)) return refuse({ kind: "file-in-text" });
  const sent = service.settings.sms_prefix
    ? renderSms(parsed, personalisation, sentSmsOptionsOf(service))
    : body;
  return ok({ subject: null, body, fragments: measureSms(sent).fragments });
}

/** Finds the refusal of a rendered message that is longer than its channel allows; `undefined` when it is not. */
export function checkLength(channel: Channel, { body }: Content): Refusal | undefined {
  switch (channel) {
    case "sms": {
      const length = measureSms(body).characters;
      return length > SMS_MAX_CHARACTERS
        ? { kind: "message-too-long", channel, length }
        : undefined;
    }
    case "email":
      return checkBytes(channel, body, EMAIL_MAX_BYTES);
    case "inbox":
      return checkBytes(channel, body, INBOX_MAX_BYTES);
    case "diia":
      return undefined;
  }
}

function checkBytes(channel: Channel, body: string, maxBytes: number): Refusal | undefined {
  // A UTF-16 unit takes at most three bytes of UTF-8, so most bodies need no encoding to be measured.
  if (body.length * 3 <= maxBytes) return undefined;
  const length = new TextEncoder().encode(body).length;
  return length > maxBytes ? { kind: "message-too-long", channel, length } : undefined;
}
