import { toBannerColours, toLogoUrl } from "./brand.ts";
import type { EmailContent, EmailOptions, RenderedEmail } from "./email_content.ts";
import { emailDocument } from "./email_document.ts";
import { fill, keyHtmlValues, keyValues, type Personalisation, type Values } from "../fill.ts";
import { renderHtmlEmail, renderHtmlEmailContent } from "../html/html_email.ts";
import { decodeReferences } from "../html_text.ts";
import { type Language, toLanguage, unsubscribeWords } from "../language.ts";
import type { Document } from "../markdown/ast.ts";
import { parseDocument } from "../markdown/document.ts";
import { HTML_RENDERERS } from "../markdown/html.ts";
import { renderDocument } from "../markdown/renderer.ts";
import { preheaderRenderer, textRenderer } from "../markdown/text.ts";
import { joinFirstWords, SPACE_CLASS, strip, stripStart } from "../../python_compat/text.ts";
import { oneLine, sendable } from "../sendable.ts";
import type { Template } from "../template.ts";
import { tidyTypography, type TypographyFinds } from "../typography.ts";

export type { EmailContent, EmailOptions, RenderedEmail } from "./email_content.ts";

/** The longest e-mail: bytes of its body in UTF-8. */
export const EMAIL_MAX_BYTES = 2_000_000;

const PREHEADER_CHARACTERS = 256;
/** Rendered text of this length holds the characters of the preheader, unless most of it is white space. */
const PREHEADER_SOURCE = 768;

/** What stands before is asked last, so that the search is one for a word. */
const GOVUK = new RegExp(`(gov)\\.(uk)(?<=(?:^|[${SPACE_CLASS}])[#*^]?gov\\.uk)(?![/?#])`, "gi");

/** Controls that are no white space, in a form that is searched for in less time. */
const CONTROL = new RegExp(`[^${SPACE_CLASS}!-~\\xa0-\\uffff]`);
/** Between their own tags the renderers write none of these but what the source has. */
const MAY_HOLD_QUOTES = /["'\\&<]/;
/**
 * A mark after anything but a letter or digit. Markdown takes away other characters, and puts line ends before what followed
 * them, so that white space may come before such a mark; a letter before a mark stays there, or both go.
 */
const MAY_HOLD_SPACED_MARKS = /[-,.–—](?<=(?:^|[^A-Za-z0-9]).)/;

/** Whether a rendered text can hold controls: its source does, or a reference to one. */
function mayHoldControls(source: string): boolean {
  return source.includes("&#") || CONTROL.test(source);
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** Mail programs make a link of GOV.UK; a zero-width space keeps them from it. */
function prepareMarkdown(text: string): string {
  return text.replace(GOVUK, "$1.\u200b$2").replace(/[\u2028\u3164]/g, "");
}

function fillSubject(template: Template, values: Values): string {
  return oneLine(
    tidyTypography(fill(template.subject, values, { escape: false, lists: "sentence" })),
  );
}

/** The subject as it is sent: values in, typography, one line. */
export function renderSubject(template: Template, personalisation: Personalisation): string {
  return fillSubject(template, keyValues(personalisation, false));
}

function fillBody(template: Template, values: Values): string {
  return fill(template.body, values, { escape: false, lists: "bullets" });
}

/** Subject and body as the API answers with them; no markdown is read. (facts/notify.md 1.5) */
export function renderEmailContent(
  template: Template,
  personalisation: Personalisation,
): EmailContent {
  if (template.syntax !== "notify") return renderHtmlEmailContent(template, personalisation);
  const values = keyValues(personalisation, false);
  return {
    subject: fillSubject(template, values),
    body: strip(fillBody(template, values)),
  };
}

/** What would end a link's address in markdown, or mean something there. */
const LINK_MARKS = new RegExp(`[()<>\\\\\\u0000-\\u001f${SPACE_CLASS}]`, "g");

function percentEncoded(character: string): string {
  const encoded = encodeURIComponent(character);
  return encoded !== character
    ? encoded
    : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function footer(unsubscribeUrl: string | undefined, language: Language): string {
  return unsubscribeUrl === undefined
    ? ""
    : `\n\n---\n\n[${unsubscribeWords(language)}](${
      unsubscribeUrl.replace(LINK_MARKS, percentEncoded)
    })`;
}

/** The message as markdown with its values, fit for HTML. */
function fillHtmlBody(
  template: Template,
  personalisation: Personalisation,
  values: Values,
): string {
  const htmlValues = keyHtmlValues(personalisation, values);
  return fill(template.htmlBody, htmlValues, { escape: true, lists: "bullets" });
}

/** A message that has been read, and what the typography may find in it, however it is rendered. */
interface ReadMessage {
  readonly document: Document;
  readonly finds: TypographyFinds;
}

function readMessage(source: string): ReadMessage {
  return {
    document: parseDocument(prepareMarkdown(source)),
    finds: {
      quotes: MAY_HOLD_QUOTES.test(source),
      // A reference may be a dash.
      spacedMarks: source.includes("&") || MAY_HOLD_SPACED_MARKS.test(source),
    },
  };
}

function toText({ document, finds }: ReadMessage): string {
  const rendered = renderDocument(document, textRenderer);
  return stripStart(decodeReferences(tidyTypography(rendered, finds))) + "\n";
}

function toHtml({ document, finds }: ReadMessage, direction: Language["direction"]): string {
  return tidyTypography(renderDocument(document, HTML_RENDERERS[direction]), finds);
}

function toPreheader({ document, finds }: ReadMessage): string {
  const lead = renderDocument(
    document,
    preheaderRenderer,
    (text) => text.length > PREHEADER_SOURCE,
  );
  const plain = decodeReferences(tidyTypography(lead, finds).replace(/<\/?span[^>]*>/g, ""));
  return joinFirstWords(plain, PREHEADER_CHARACTERS);
}

/** The plain text part. */
export function renderEmailText(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): string {
  const source = fillBody(template, keyValues(personalisation, false));
  return toText(readMessage(source + footer(unsubscribeUrl, toLanguage(undefined))));
}

/** The inner HTML, and the text that mail programs show beside the subject. */
export function renderEmailBody(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): { readonly html: string; readonly preheader: string } {
  const source = fillHtmlBody(template, personalisation, keyValues(personalisation, false));
  const message = readMessage(source + footer(unsubscribeUrl, toLanguage(undefined)));
  return { html: toHtml(message, "ltr"), preheader: toPreheader(message) };
}

/**
 * Everything of an e-mail that is sent.
 *
 * As with the peer, markdown in a value is markdown: it can make headings, lists, insets, rules and links. Nothing else of
 * a value is HTML: it adds no tag, no attribute, and no address but of the schemes that links may have; a subject stays one
 * line. Whoever does not trust a value names it in `sanitise_content_for`.
 *
 * In every other syntax the author writes HTML: see {@link renderHtmlEmail}.
 */
export function renderEmail(
  template: Template,
  personalisation: Personalisation,
  options: EmailOptions,
): RenderedEmail {
  if (template.syntax !== "notify") return renderHtmlEmail(template, personalisation, options);
  const values = keyValues(personalisation, false);
  const subject = fillSubject(template, values);
  const body = fillBody(template, values);
  const language = toLanguage(options.language);
  const foot = footer(options.unsubscribeUrl, language);
  const htmlSource = fillHtmlBody(template, personalisation, values) + foot;
  const textSource = body + foot;
  const message = readMessage(htmlSource);
  // The rendered parts are several times as long as their source: most need not be searched.
  const clean = mayHoldControls(textSource) ? sendable : wellFormed;
  const html = clean(toHtml(message, language.direction));
  return {
    subject,
    body: strip(body),
    // Most messages have nothing to escape: one reading then serves both parts.
    text: clean(toText(htmlSource === textSource ? message : readMessage(textSource))),
    htmlBody: html,
    html: emailDocument({
      title: subject,
      language,
      serviceName: options.serviceName,
      logoUrl: toLogoUrl(options.logoUrl),
      banner: toBannerColours(options.brandColour),
      preheader: clean(toPreheader(message)),
      body: html,
    }),
  };
}
