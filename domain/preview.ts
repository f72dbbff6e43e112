import { emailOptionsOf, sentSmsOptionsOf, smsOptionsOf, type Writer } from "./rendering.ts";
import { type Advice, adviseOn } from "./template/advice.ts";
import { EMAIL_MAX_BYTES, renderEmail } from "./template/email.ts";
import { insensitiveKey } from "./template/insensitive_key.ts";
import { measureSms, renderSms, SMS_MAX_CHARACTERS, type SmsMeasure } from "./template/sms.ts";
import {
  missingPersonalisation,
  parseTemplate,
  type Personalisation,
  type Template,
  type TemplateSource,
} from "./template/template.ts";

/** A draft as it would be sent. */
export interface Preview {
  readonly subject: string | null;
  /** As the API shows it: a text without the service's name, an e-mail's markdown with its values. */
  readonly body: string;
  /** As it is sent; a placeholder without a value stands as it is. */
  readonly text: string;
  /** A whole document; `null` for a text. */
  readonly html: string | null;
  /** What the text that is sent costs, and what the limit is judged by; `null` for an e-mail. */
  readonly sms: { readonly measure: SmsMeasure; readonly characters: number } | null;
  /** Bytes of the body in UTF-8. */
  readonly sizeBytes: number;
  readonly placeholders: readonly string[];
  /** Placeholders that have no value. */
  readonly missing: readonly string[];
  /** Values that no placeholder takes. */
  readonly additional: readonly string[];
  readonly advice: readonly Advice[];
}

/** No placeholder has brackets in its name; with a value there, those without one stay as they stand. */
const NOBODY = { "()": "" } as const;

/** Says what a draft would be like as a message of the service. Drafts with missing values are shown too. */
export function previewDraft(
  writer: Writer,
  source: TemplateSource,
  personalisation: Personalisation,
): Preview {
  const template = parseTemplate(source);
  const written = template.channel === "sms"
    ? writeSms(writer, template, { ...personalisation, ...NOBODY })
    : writeEmail(writer, template, personalisation);
  const { tooLong, ...shown } = written;
  const known = new Set(template.placeholders.map(insensitiveKey));
  return {
    ...shown,
    placeholders: template.placeholders,
    missing: missingPersonalisation(template, personalisation),
    additional: Object.keys(personalisation).filter((name) => !known.has(insensitiveKey(name))),
    advice: adviseOn(source, tooLong),
  };
}

type Written =
  & Pick<Preview, "subject" | "body" | "text" | "html" | "sms" | "sizeBytes">
  & { readonly tooLong: boolean };

function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function writeSms(writer: Writer, template: Template, personalisation: Personalisation): Written {
  const body = renderSms(template, personalisation, smsOptionsOf(writer));
  const text = renderSms(template, personalisation, sentSmsOptionsOf(writer));
  const { characters } = measureSms(body);
  return {
    subject: null,
    body,
    text,
    html: null,
    sms: { measure: measureSms(text), characters },
    sizeBytes: sizeOf(body),
    tooLong: characters > SMS_MAX_CHARACTERS,
  };
}

function writeEmail(writer: Writer, template: Template, personalisation: Personalisation): Written {
  const { subject, body, text, html } = renderEmail(
    template,
    personalisation,
    emailOptionsOf(writer),
  );
  const sizeBytes = sizeOf(body);
  return { subject, body, text, html, sms: null, sizeBytes, tooLong: sizeBytes > EMAIL_MAX_BYTES };
}
