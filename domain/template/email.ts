import { toBannerColours, toLogoUrl } from "./brand.ts";
import { emailDocument } from "./email_document.ts";
import { fill, keyValues, type Personalisation } from "./fill.ts";
import { renderHtmlEmail, renderHtmlEmailContent } from "./html/html_email.ts";
import { decodeReferences } from "./html_text.ts";
import { type Language, toLanguage } from "./language.ts";
import type { Document } from "./markdown/ast.ts";
import { parseDocument } from "./markdown/document.ts";
import { HTML_RENDERERS } from "./markdown/html.ts";
import { renderDocument } from "./markdown/renderer.ts";
import { preheaderRenderer, textRenderer } from "./markdown/text.ts";
import { joinWords, SPACE_CLASS, strip, stripStart } from "./python_text.ts";
import { oneLine, sendable } from "./sendable.ts";
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
  /** BCP 47 tag; `en` unless told. It decides the direction of the writing too. */
  readonly language?: string | undefined;
  /** A picture above the service's name; left out unless it is an `https:` address. */
  readonly logoUrl?: string | undefined;
  /** `#rgb` or `#rrggbb` behind the service's name, which is black or white on it; anything else leaves Hark's own. */
  readonly brandColour?: string | undefined;
  /** Where one click unsubscribes; a link to it is put under the message, not into `body`. */
  readonly unsubscribeUrl?: string | undefined;
}

const GOVUK = new RegExp(`(^|[${SPACE_CLASS}])([#*^]?GOV)\\.(UK)(?![/?#])`, "gi");
/** Whether a rendered text can hold controls: its source does, or a reference to one. */
const MAY_HOLD_CONTROLS = new RegExp(`[^\\P{Cc}${SPACE_CLASS}]|&#`, "u");

function wellFormed(text: string): string {
  return text.toWellFormed();
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
  if (template.syntax === "freemarker") return renderHtmlEmailContent(template, personalisation);
  const values = keyValues(personalisation, false);
  return {
    subject: renderSubject(template, personalisation),
    body: strip(fill(template.body, values, { escape: false, lists: "bullets" })),
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

function footer(unsubscribeUrl: string | undefined): string {
  return unsubscribeUrl === undefined
    ? ""
    : `\n\n---\n\n[Unsubscribe from these emails](${
      unsubscribeUrl.replace(LINK_MARKS, percentEncoded)
    })`;
}

/** The message as markdown with its values: fit for HTML, or as it is. */
function markdownSource(
  template: Template,
  personalisation: Personalisation,
  escape: boolean,
  unsubscribeUrl: string | undefined,
): string {
  const segments = escape ? template.htmlBody : template.body;
  const values = keyValues(personalisation, escape);
  return fill(segments, values, { escape, lists: "bullets" }) + footer(unsubscribeUrl);
}

function toDocument(source: string): Document {
  return parseDocument(prepareMarkdown(source));
}

function toText(document: Document): string {
  const rendered = renderDocument(document, textRenderer);
  return stripStart(decodeReferences(tidyTypography(rendered))) + "\n";
}

function toHtml(document: Document, direction: Language["direction"]): string {
  return tidyTypography(renderDocument(document, HTML_RENDERERS[direction]));
}

/** The first so many characters; a pair of surrogates is one. */
function firstCharacters(text: string, count: number): string {
  let end = 0;
  for (let at = 0; at < count && end < text.length; at++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

function toPreheader(document: Document): string {
  const lead = renderDocument(
    document,
    preheaderRenderer,
    (text) => text.length > PREHEADER_SOURCE,
  );
  const plain = decodeReferences(tidyTypography(lead).replace(/<\/?span[^>]*>/g, ""));
  return strip(firstCharacters(joinWords(plain), PREHEADER_CHARACTERS));
}

/** The plain text part. */
export function renderEmailText(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): string {
  return toText(toDocument(markdownSource(template, personalisation, false, unsubscribeUrl)));
}

/** The inner HTML, and the text that mail programs show beside the subject. */
export function renderEmailBody(
  template: Template,
  personalisation: Personalisation,
  unsubscribeUrl?: string,
): { readonly html: string; readonly preheader: string } {
  const document = toDocument(markdownSource(template, personalisation, true, unsubscribeUrl));
  return { html: toHtml(document, "ltr"), preheader: toPreheader(document) };
}

/**
 * Everything of an e-mail that is sent.
 *
 * As with the peer, markdown in a value is markdown: it can make headings, lists, insets, rules and links. Nothing else of
 * a value is HTML: it adds no tag, no attribute, and no address but of the schemes that links may have; a subject stays one
 * line. Whoever does not trust a value names it in `sanitise_content_for`.
 *
 * In FreeMarker's syntax the author writes HTML: see {@link renderHtmlEmail}.
 */
export function renderEmail(
  template: Template,
  personalisation: Personalisation,
  options: EmailOptions,
): RenderedEmail {
  if (template.syntax === "freemarker") return renderHtmlEmail(template, personalisation, options);
  const { unsubscribeUrl } = options;
  const content = renderEmailContent(template, personalisation);
  const htmlSource = markdownSource(template, personalisation, true, unsubscribeUrl);
  const textSource = markdownSource(template, personalisation, false, unsubscribeUrl);
  const document = toDocument(htmlSource);
  const language = toLanguage(options.language);
  // The rendered parts are several times as long as their source: most need not be searched.
  const clean = MAY_HOLD_CONTROLS.test(textSource) ? sendable : wellFormed;
  const html = clean(toHtml(document, language.direction));
  return {
    ...content,
    // Most messages have nothing to escape: one reading then serves both parts.
    text: clean(toText(htmlSource === textSource ? document : toDocument(textSource))),
    htmlBody: html,
    html: emailDocument({
      title: content.subject,
      language,
      serviceName: options.serviceName,
      logoUrl: toLogoUrl(options.logoUrl),
      banner: toBannerColours(options.brandColour),
      preheader: clean(toPreheader(document)),
      body: html,
    }),
  };
}
