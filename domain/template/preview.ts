import { emailOptionsOf, sentSmsOptionsOf, smsOptionsOf, type Writer } from "./rendering.ts";
import { type Advice, adviseOn } from "./advice.ts";
import { EMAIL_MAX_BYTES, renderEmail } from "./email/email.ts";
import { renderDiiaPreview } from "./diia_preview.ts";
import { filledSize } from "./filled_size.ts";
import { MAX_FILLED_CHARACTERS } from "./freemarker/limits.ts";
import { htmlToText } from "./html/html_to_text.ts";
import { renderInbox } from "./inbox.ts";
import { measureSms, renderSms, SMS_MAX_CHARACTERS, type SmsMeasure } from "./sms/sms.ts";
import {
  missingPersonalisation,
  nameKey,
  parseTemplate,
  type Personalisation,
  type Template,
  type TemplateSource,
} from "./template.ts";

/** A draft as it would be sent. */
export interface Preview {
  readonly subject: string | null;
  /** As the API shows it: a text without the service's name, an e-mail's markdown with its values. */
  readonly body: string;
  /** As it is sent; a placeholder without a value stands as it is. */
  readonly text: string;
  /** A whole document, or the part of one that an inbox shows; `null` for a text and for Diia. */
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
const KEEP_UNFILLED_PLACEHOLDERS = { "()": "" } as const;

/**
 * Says what a draft would be like as a message of the service. Drafts with missing values are shown too; one that comes to
 * more than any message may is not put together, and shown empty.
 *
 * @throws {Error} on a source that `checkTemplate` refuses
 */
export function previewDraft(
  writer: Writer,
  source: TemplateSource,
  personalisation: Personalisation,
): Preview {
  const template = parseTemplate(source);
  const written = filledSize(template, personalisation) > MAX_FILLED_CHARACTERS
    ? TOO_LONG
    : WRITERS[template.channel](writer, template, personalisation);
  const { tooLong, ...shown } = written;
  const known = new Set(template.placeholders.map((name) => nameKey(template, name)));
  return {
    ...shown,
    placeholders: template.placeholders,
    missing: missingPersonalisation(template, personalisation),
    additional: Object.keys(personalisation).filter((name) => !known.has(nameKey(template, name))),
    advice: adviseOn(source, tooLong),
  };
}

type Written =
  & Pick<Preview, "subject" | "body" | "text" | "html" | "sms" | "sizeBytes">
  & { readonly tooLong: boolean };

type Write = (writer: Writer, template: Template, personalisation: Personalisation) => Written;

const TOO_LONG: Written = {
  subject: null,
  body: "",
  text: "",
  html: null,
  sms: null,
  sizeBytes: 0,
  tooLong: true,
};

const WRITERS: Readonly<Record<Template["channel"], Write>> = {
  sms: (writer, template, personalisation) =>
    writeSms(writer, template, { ...personalisation, ...KEEP_UNFILLED_PLACEHOLDERS }),
  email: writeEmail,
  inbox: (_writer, template, personalisation) => {
    const { subject, body } = renderInbox(template, personalisation);
    const sizeBytes = sizeOf(body);
    const text = htmlToText(body);
    return { subject, body, text, html: body, sms: null, sizeBytes, tooLong: false };
  },
  diia: (_writer, template, personalisation) => {
    const { title, shortText, fullText } = renderDiiaPreview(template, personalisation);
    const text = [title, shortText, fullText].filter((part) => part !== "").join("\n\n");
    const sizeBytes = sizeOf(fullText);
    return {
      subject: title,
      body: fullText,
      text,
      html: null,
      sms: null,
      sizeBytes,
      tooLong: false,
    };
  },
};

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
