import { emailDocument } from "./email_document.ts";
import { fill, keyValues, type Personalisation } from "./fill.ts";
import { decodeReferences } from "./html_text.ts";
import { parseDocument } from "./markdown/blocks.ts";
import { htmlRenderer } from "./markdown/html.ts";
import { renderDocument } from "./markdown/renderer.ts";
import { preheaderRenderer, textRenderer } from "./markdown/text.ts";
import { SPACE_CLASS, splitWords, strip, stripStart } from "./python_text.ts";
import type { Template } from "./template.ts";
import { tidyTypography } from "./typography.ts";

/** The longest e-mail: bytes of its body in UTF-8. */
export const EMAIL_MAX_BYTES = 2_000_000;

const PREHEADER_CHARACTERS = 256;
/** Rendered text of this length holds the characters of the preheader, unless most of it is white space. */
const PREHEADER_SOURCE = 768;

/** What the API answers with: markdown source, and a subject on one line. Nothing is escaped. */
export interface EmailContent {
  readonly subject: string;
  readonly body: string;
}

/** An e-mail ready to send. */
export interface RenderedEmail extends EmailContent {
  /** The plain text part. */
  readonly text: string;
  /** A whole HTML document. */
  readonly html: string;
  /** The inner HTML of the message, as a preview shows it. */
  readonly htmlBody: string;
}

/** What an e-mail is dressed with. */
export interface EmailOptions {
  /** Shown above the message. */
  readonly serviceName: string;
  /** BCP 47 tag; `en` unless told. */
  readonly language?: string;
  /** Where one click unsubscribes; a link to it is put under the message, not into `body`. */
  readonly unsubscribeUrl?: string;
}

const GOVUK = new RegExp(`(^|[${SPACE_CLASS}])([#*^]?GOV)\\.(UK)(?![/?#])`, "gi");
const FULL_WIDTH = /[\u00a0\u202f]/g;
const ZERO_WIDTH = /[\u180e\u200b-\u200d\u2060\ufeff\u2028\u2029]/g;

function oneLine(text: string): string {
  return splitWords(text.replace(FULL_WIDTH, " ").replace(ZERO_WIDTH, "")).join(" ");
}

/** Mail programs make a link of GOV.UK; a zero-width space keeps them from it. */
function prepareMarkdown(text: string): string {
  const unlinked = /gov\.uk/i.test(text) ? text.replace(GOVUK, "$1$2.\u200b$3") : text;
  return unlinked.replace(/[\u2028\u3164]/g, "");
}

/** The subject as it is sent: values in, typography, one line. */
export function renderSubject(template: Template, personalisation: Personalisation): string {
  const values = keyValues(personalisation, false);
  return oneLine(
    tidyTypography(fill(template.subject, values, { escape: false, lists: "sentence" })),
  );
}

/** Subject and body as the API answers with them; no markdown is read. (facts/notify.md 1.5) */
export function renderEmailContent(
  template: Template,
  personalisation: Personalisation,
): EmailContent {
  const values = keyValues(personalisation, false);
  return {
    subject: renderSubject(template, personalisation),
    body: strip(fill(template.body, values, { escape: false, lists: "bullets" })),
  };
}

function footer(unsubscribeUrl: string | undefined): string {
  return unsubscribeUrl === undefined
    ? ""
    : `\n\n---\n\n[Unsubscribe from these emails](${unsubscribeUrl})`;
}

/** The plain text part. */
export function renderEmailText(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): string {
  const values = keyValues(personalisation, false);
  const source = fill(template.body, values, { escape: false, lists: "bullets" }) +
    footer(unsubscribeUrl);
  const rendered = renderDocument(parseDocument(prepareMarkdown(source)), textRenderer);
  return stripStart(decodeReferences(tidyTypography(rendered))) + "\n";
}

/** The inner HTML, and the text that mail programs show beside the subject (escaped). */
export function renderEmailBody(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): { readonly html: string; readonly preheader: string } {
  const values = keyValues(personalisation, true);
  const source = fill(template.htmlBody, values, { escape: true, lists: "bullets" }) +
    footer(unsubscribeUrl);
  const document = parseDocument(prepareMarkdown(source));
  const html = tidyTypography(renderDocument(document, htmlRenderer));
  const lead = renderDocument(
    document,
    preheaderRenderer,
    (text) => text.length > PREHEADER_SOURCE,
  );
  const plain = decodeReferences(tidyTypography(lead).replace(/<\/?span[^>]*>/g, ""));
  const preheader = [...splitWords(plain).join(" ").slice(0, PREHEADER_CHARACTERS * 2)]
    .slice(0, PREHEADER_CHARACTERS).join("");
  return { html, preheader: strip(preheader) };
}

/** Everything of an e-mail that is sent. */
export function renderEmail(
  template: Template,
  personalisation: Personalisation,
  options: EmailOptions,
): RenderedEmail {
  const content = renderEmailContent(template, personalisation);
  const { html, preheader } = renderEmailBody(template, personalisation, options.unsubscribeUrl);
  return {
    ...content,
    text: renderEmailText(template, personalisation, options.unsubscribeUrl),
    htmlBody: html,
    html: emailDocument({
      title: content.subject,
      language: options.language ?? "en",
      serviceName: options.serviceName,
      preheader,
      body: html,
    }),
  };
}
