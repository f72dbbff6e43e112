import { toBannerColours, toLogoUrl } from "./brand.ts";
import type { EmailContent, EmailOptions, RenderedEmail } from "./email_content.ts";
import { emailDocument } from "./email_document.ts";
import { fill, keyHtmlValues, keyValues, type Personalisation, type Values } from "../fill.ts";
import { renderHtmlEmail, renderHtmlEmailContent } from "../html/html_email.ts";
import { unsubscribeFooter } from "./unsubscribe_footer.ts";
import { breakGovUk } from "./gov_uk.ts";
import { decodeReferences } from "../html_text.ts";
import { tidyAroundAddresses, tidyPlainText } from "../marked_addresses.ts";
import { type Language, toLanguage } from "../language.ts";
import type { Document } from "../markdown/ast.ts";
import { placeholdersInAddresses } from "../markdown/address_values.ts";
import { parseDocument } from "../markdown/document.ts";
import { HTML_RENDERERS } from "../markdown/html.ts";
import { renderInSteps } from "../markdown/renderer.ts";
import { markedTextRenderer, preheaderRenderer, textRenderer } from "../markdown/text.ts";
import { runSteps, type Steps } from "../../steps/steps.ts";
import { joinFirstWords, SPACE_CLASS, strip, stripStart } from "../../python_compat/text.ts";
import { oneLine, sendable } from "../sendable.ts";
import type { Template } from "../template.ts";
import { tidyTypography, type TypographyFinds } from "../typography.ts";

export type { EmailContent, EmailOptions, RenderedEmail } from "./email_content.ts";

/** Maximum size of an e-mail's filled body, in bytes of UTF-8. A longer message is refused. */
export const EMAIL_MAX_BYTES = 2_000_000;

const PREHEADER_CHARACTERS = 256;
/** Characters of rendered text that are enough for the preheader, unless most of them are white space. */
const PREHEADER_SOURCE = 768;

/** Control characters other than white space, as a class that the engine searches quickly. */
const CONTROL = new RegExp(`[^${SPACE_CLASS}!-~\\xa0-\\uffff]`);
/** Characters that rendered text contains only if its source does. */
const MAY_HOLD_QUOTES = /["'\\&<]/;
/**
 * A punctuation mark that does not follow a letter or digit. Markdown may remove the character before such a mark and leave
 * white space there. A letter before a mark is never removed alone.
 */
const MAY_HOLD_SPACED_MARKS = /[-,.–—](?<=(?:^|[^A-Za-z0-9]).)/;

/** Whether rendered text may contain control characters: its source contains one, or a reference to one. */
function mayHoldControls(source: string): boolean {
  return source.includes("&#") || CONTROL.test(source);
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** The text without the marks of addresses, and with {@link breakGovUk}. */
function prepareMarkdown(text: string): string {
  return breakGovUk(text).replace(/[\u2028\u3164\ufdd0\ufdd1]/g, "");
}

function fillSubject(template: Template, values: Values): string {
  return oneLine(tidyPlainText(
    fill(template.subject, values, { escape: false, lists: "sentence", engine: template.engine }),
  ));
}

/** Renders the subject as it is sent: filled, with typographic quotes and dashes, in plain text on one line. */
export function renderSubject(template: Template, personalisation: Personalisation): string {
  return fillSubject(template, keyValues(personalisation, false));
}

/** The filled markdown, as the API returns it. */
function fillBody(template: Template, values: Values): string {
  return fill(template.body, values, { escape: false, lists: "bullets", engine: template.engine });
}

/** The filled markdown to render as plain text: the values that continue an address cannot end it. */
function fillTextBody({ body, engine }: Template, values: Values): string {
  const inAddress = placeholdersInAddresses(body);
  return fill(body, values, { escape: false, lists: "bullets", inAddress, engine });
}

/**
 * Renders subject and body as the API returns them: the filled source, which is markdown, or HTML in the other
 * syntaxes.
 */
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

/** The filled markdown, escaped for HTML. */
function fillHtmlBody(
  template: Template,
  personalisation: Personalisation,
  values: Values,
): string {
  const htmlValues = keyHtmlValues(personalisation, values);
  const inAddress = placeholdersInAddresses(template.htmlBody);
  const { htmlBody, engine } = template;
  return fill(htmlBody, htmlValues, { escape: true, lists: "bullets", inAddress, engine });
}

/** A parsed message, and what its typography may have to change in any rendering. */
interface ParsedMessage {
  readonly document: Document;
  readonly finds: TypographyFinds;
}

function* parseMessage(source: string): Steps<ParsedMessage> {
  return {
    document: yield* parseDocument(prepareMarkdown(source)),
    finds: {
      quotes: MAY_HOLD_QUOTES.test(source),
      // A character reference may stand for a dash.
      spacedMarks: source.includes("&") || MAY_HOLD_SPACED_MARKS.test(source),
    },
  };
}

function* toText({ document, finds }: ParsedMessage): Steps<string> {
  // Without quotes, typography changes no address.
  const renderer = finds.quotes ? markedTextRenderer : textRenderer;
  const rendered = yield* renderInSteps(document, renderer);
  yield;
  const text = yield* tidyAroundAddresses(rendered, finds, decodeReferences);
  yield;
  return stripStart(text) + "\n";
}

function* toHtml(
  { document, finds }: ParsedMessage,
  direction: Language["direction"],
): Steps<string> {
  const rendered = yield* renderInSteps(document, HTML_RENDERERS[direction]);
  yield;
  return yield* tidyAroundAddresses(rendered, finds);
}

function* toPreheader({ document, finds }: ParsedMessage): Steps<string> {
  const lead = yield* renderInSteps(
    document,
    preheaderRenderer,
    (text) => text.length > PREHEADER_SOURCE,
  );
  const plain = decodeReferences(tidyTypography(lead, finds).replace(/<\/?span[^>]*>/g, ""));
  return joinFirstWords(plain, PREHEADER_CHARACTERS);
}

/**
 * Renders the plain text part of a markdown e-mail, with an English unsubscribe link when there is an address for it.
 * A `"` in that address is curled, as by GOV.UK Notify; the API refuses such an address.
 */
export function renderEmailText(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): string {
  const source = fillTextBody(template, keyValues(personalisation, false));
  const curled = unsubscribeUrl?.replaceAll('"', "”");
  const marked = source + unsubscribeFooter(curled, toLanguage(undefined));
  return runSteps(toText(runSteps(parseMessage(marked))));
}

/**
 * Renders a markdown e-mail's inner HTML, without the document around it, and its preheader: the begin of the text,
 * which mail programs show beside the subject. The preheader is plain text.
 */
export function renderEmailBody(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): { readonly html: string; readonly preheader: string } {
  const source = fillHtmlBody(template, personalisation, keyValues(personalisation, false));
  const message = runSteps(
    parseMessage(source + unsubscribeFooter(unsubscribeUrl, toLanguage(undefined))),
  );
  return { html: runSteps(toHtml(message, "ltr")), preheader: runSteps(toPreheader(message)) };
}

/**
 * Renders all parts of an e-mail at once: subject, plain text and HTML.
 *
 * As in GOV.UK Notify, markdown in a value is rendered: a value can add headings, lists, insets, rules and links. It
 * cannot add HTML tags, attributes, or links with other schemes than links may have; a subject stays on one line.
 * Callers list untrusted values in `sanitise_content_for`.
 *
 * Templates in any syntax but `notify` are HTML: see {@link renderHtmlEmail}.
 *
 * @throws {TemplateStopped} when an HTML template exceeds a limit; callers that check `filledSize` first never get it
 */
export function renderEmail(
  template: Template,
  personalisation: Personalisation,
  options: EmailOptions,
): RenderedEmail {
  return runSteps(renderEmailInSteps(template, personalisation, options));
}

/**
 * As {@link renderEmail}, but yields between its steps, so that the caller can serve other requests: a long message
 * takes tenths of a second.
 */
export function* renderEmailInSteps(
  template: Template,
  personalisation: Personalisation,
  options: EmailOptions,
): Steps<RenderedEmail> {
  if (template.syntax !== "notify") return renderHtmlEmail(template, personalisation, options);
  const values = keyValues(personalisation, false);
  const subject = fillSubject(template, values);
  const body = fillBody(template, values);
  yield;
  const language = toLanguage(options.language);
  const footer = unsubscribeFooter(options.unsubscribeUrl, language);
  const htmlSource = fillHtmlBody(template, personalisation, values) + footer;
  const textBody = placeholdersInAddresses(template.body).size === 0
    ? body
    : fillTextBody(template, values);
  const textSource = textBody + footer;
  yield;
  const message = yield* parseMessage(htmlSource);
  yield;
  // Rendered parts are several times longer than their source, so search the source for control characters.
  const clean = mayHoldControls(textSource) ? sendable : wellFormed;
  const tidyHtml = yield* toHtml(message, language.direction);
  yield;
  const html = clean(tidyHtml);
  yield;
  // Most messages need no escaping: both parts then share one parsed message.
  const textMessage = htmlSource === textSource ? message : yield* parseMessage(textSource);
  const text = clean(yield* toText(textMessage));
  yield;
  return {
    subject,
    body: strip(body),
    text,
    htmlBody: html,
    html: emailDocument({
      title: subject,
      language,
      serviceName: options.serviceName,
      logoUrl: toLogoUrl(options.logoUrl),
      banner: toBannerColours(options.brandColour),
      preheader: clean(yield* toPreheader(message)),
      body: html,
    }),
  };
}
