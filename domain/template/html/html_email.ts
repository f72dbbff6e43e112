import { toBannerColours, toLogoUrl } from "../email/brand.ts";
import type { EmailContent, EmailOptions, RenderedEmail } from "../email/email_content.ts";
import { emailDocument } from "../email/email_document.ts";
import { fill, type Personalisation } from "../fill.ts";
import { escapeAttribute } from "../html_text.ts";
import { toLanguage, unsubscribeWords } from "../language.ts";
import { joinWords } from "../../python_compat/text.ts";
import { oneLine } from "../sendable.ts";
import { type Template, valuesOf } from "../template.ts";
import { fillHtml } from "./fill_html.ts";
import { htmlToText } from "./html_to_text.ts";

const DOCUMENT = /<(?:html|body)[\s>/]/i;
const BODY_END = /<\/(?:body|html)\s*>/i;
const PREHEADER_CHARACTERS = 256;

/**
 * Renders the subject of an HTML or FreeMarker template, in plain text on one line, and its body: the author's HTML
 * with its values, as {@link fillHtml} inserts them. A placeholder without a value keeps its written form. A FreeMarker
 * template's subject has no placeholders.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function renderHtmlEmailContent(
  template: Template,
  personalisation: Personalisation,
): EmailContent {
  return {
    subject: oneLine(
      fill(template.subject, valuesOf(template, personalisation, false), {
        escape: false,
        lists: "sentence",
        engine: template.engine,
      }),
    ),
    body: fillHtml(template, template.body, personalisation),
  };
}

function addFooter(html: string, { unsubscribeUrl, language }: EmailOptions): string {
  if (unsubscribeUrl === undefined) return html;
  const words = unsubscribeWords(toLanguage(language));
  const footer = `<hr>\n<p><a href="${escapeAttribute(unsubscribeUrl)}">${words}</a></p>\n`;
  const end = html.search(BODY_END);
  return end === -1 ? `${html}\n${footer}` : html.slice(0, end) + footer + html.slice(end);
}

function toPreheader(text: string): string {
  return joinWords(
    [...text.slice(0, PREHEADER_CHARACTERS * 2)].slice(0, PREHEADER_CHARACTERS).join(""),
  )
    .toWellFormed();
}

/**
 * Renders an e-mail whose author wrote HTML. HTML with an `html` or `body` tag is sent as written, with its values;
 * other HTML is put into the layout that markdown e-mails have. A link to unsubscribe is added to either when the
 * options have its address. The plain text is converted from the HTML.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function renderHtmlEmail(
  template: Template,
  personalisation: Personalisation,
  options: EmailOptions,
): RenderedEmail {
  const content = renderHtmlEmailContent(template, personalisation);
  const htmlBody = addFooter(content.body, options);
  const text = htmlToText(htmlBody);
  const html = DOCUMENT.test(htmlBody) ? htmlBody : emailDocument({
    title: content.subject,
    language: toLanguage(options.language),
    serviceName: options.serviceName,
    logoUrl: toLogoUrl(options.logoUrl),
    banner: toBannerColours(options.brandColour),
    preheader: toPreheader(text),
    body: htmlBody,
  });
  return { ...content, text: `${text}\n`, html, htmlBody };
}
