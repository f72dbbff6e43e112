import { emailOptionsOf, sentSmsOptionsOf, smsOptionsOf, type Writer } from "./rendering.ts";
import { type Advice, adviseInSteps } from "./advice.ts";
import { EMAIL_MAX_BYTES, renderEmailInSteps } from "./email/email.ts";
import { renderDiiaPreview } from "./diia_preview.ts";
import { LONGEST_FILLED } from "../sending/plan_content.ts";
import { runSteps, type Steps } from "../steps/steps.ts";
import { filledSize } from "./filled_size.ts";
import { hasTooManyTokens } from "./markup_tokens.ts";
import { cleanValues } from "../text/clean_values.ts";
import { renderInbox } from "./inbox.ts";
import { inboxText } from "./inbox_text.ts";
import { measureSms, renderSms, SMS_MAX_CHARACTERS, type SmsMeasure } from "./sms/sms.ts";
import {
  missingPersonalisation,
  nameKey,
  type Personalisation,
  type Template,
} from "./template.ts";

/** A draft as it would be sent with the given values. */
export interface Preview {
  /** `null` for an SMS, and for a draft that is far too long. */
  readonly subject: string | null;
  /** As the API returns it: an SMS without the service's name, an e-mail's filled markdown or HTML. */
  readonly body: string;
  /** The plain text as it is sent; a placeholder without a value keeps its written form. */
  readonly text: string;
  /** The HTML as it is sent: a whole document, or for an inbox a fragment; `null` for an SMS and for Diia. */
  readonly html: string | null;
  /** The measure of the SMS as sent, and the characters that count towards the limit; `null` for other channels. */
  readonly sms: { readonly measure: SmsMeasure; readonly characters: number } | null;
  /** Bytes of the body in UTF-8. */
  readonly sizeBytes: number;
  /** The names of the template's placeholders, in order of first use. */
  readonly placeholders: readonly string[];
  /** Placeholders that have no value. */
  readonly missing: readonly string[];
  /** Values that no placeholder uses. */
  readonly additional: readonly string[];
  readonly advice: readonly Advice[];
}

/** A value that no placeholder can use. With at least one value, `renderSms` keeps unfilled placeholders as written. */
const KEEP_UNFILLED_PLACEHOLDERS = { "()": "" } as const;

/**
 * Renders a parsed template as a message of the service. Values may be missing. A template that is far longer than its
 * channel allows, or has too much markup, is not rendered; its preview is empty.
 */
export function previewTemplate(
  writer: Writer,
  template: Template,
  personalisation: Personalisation,
): Preview {
  return runSteps(previewTemplateInSteps(writer, template, personalisation));
}

/** Renders a template as {@link previewTemplate} does, but yields between its steps, so that others can be served. */
export function* previewTemplateInSteps(
  writer: Writer,
  template: Template,
  values: Personalisation,
): Steps<Preview> {
  const personalisation = cleanValues(values);
  const size = filledSize(template, personalisation);
  yield;
  const isTooLong = size > LONGEST_FILLED[template.channel] ||
    hasTooManyTokens(template, personalisation, size);
  yield;
  const { channel } = template;
  const rendered = isTooLong
    ? TOO_LONG
    : channel === "email"
    ? yield* renderEmailDraft(writer, template, personalisation)
    : SHORT_RENDERERS[channel](writer, template, personalisation);
  yield;
  const { tooLong, ...content } = rendered;
  const known = new Set(template.placeholders.map((name) => nameKey(template, name)));
  return {
    ...content,
    placeholders: template.placeholders,
    missing: missingPersonalisation(template, personalisation),
    additional: Object.keys(personalisation).filter((name) => !known.has(nameKey(template, name))),
    advice: yield* adviseInSteps(template.source, tooLong),
  };
}

type RenderedDraft =
  & Pick<Preview, "subject" | "body" | "text" | "html" | "sms" | "sizeBytes">
  & { readonly tooLong: boolean };

type RenderDraft = (
  writer: Writer,
  template: Template,
  personalisation: Personalisation,
) => RenderedDraft;

const TOO_LONG: RenderedDraft = {
  subject: null,
  body: "",
  text: "",
  html: null,
  sms: null,
  sizeBytes: 0,
  tooLong: true,
};

/** The channels whose messages are short enough to be rendered in one step. */
const SHORT_RENDERERS: Readonly<Record<Exclude<Template["channel"], "email">, RenderDraft>> = {
  sms: (writer, template, personalisation) =>
    renderSmsDraft(writer, template, { ...personalisation, ...KEEP_UNFILLED_PLACEHOLDERS }),
  inbox: (_writer, template, personalisation) => {
    const { subject, body } = renderInbox(template, personalisation);
    const sizeBytes = sizeOf(body);
    const text = inboxText(body);
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

function renderSmsDraft(
  writer: Writer,
  template: Template,
  personalisation: Personalisation,
): RenderedDraft {
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

function* renderEmailDraft(
  writer: Writer,
  template: Template,
  personalisation: Personalisation,
): Steps<RenderedDraft> {
  const { subject, body, text, html } = yield* renderEmailInSteps(
    template,
    personalisation,
    emailOptionsOf(writer),
  );
  const sizeBytes = sizeOf(body);
  return { subject, body, text, html, sms: null, sizeBytes, tooLong: sizeBytes > EMAIL_MAX_BYTES };
}
