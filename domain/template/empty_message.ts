import { fill, type Personalisation } from "./fill.ts";
import { fillHtml } from "./html/fill_html.ts";
import { htmlToText } from "./html/html_to_text.ts";
import { strip } from "../python_compat/text.ts";
import { renderSms } from "./sms/sms.ts";
import { type Template, valuesOf } from "./template.ts";

/** The start of an element with text in it: most e-mails have one near their start, and need no further look. */
const OBVIOUS_TEXT =
  /<(?:p|td|th|h[1-6]|div|span|li|a|b|strong|em|i|font|center)(?:\s[^<>]{0,500})?>\s{0,200}[^\s<&]/i;
const PICTURE = /<img[\s/]/i;

/**
 * Whether an e-mail in HTML shows nothing. Pictures alone are a message where the template has no conditions: elsewhere
 * they are the frame of a text that was left out.
 */
function isEmptyHtml(
  template: Template,
  personalisation: Personalisation,
  filled: string,
): boolean {
  if (OBVIOUS_TEXT.test(filled)) return false;
  const html = fillHtml(template, template.body, personalisation);
  if (strip(htmlToText(html)) !== "") return false;
  const isPlain = template.body.every((part) =>
    typeof part === "string" || part.kind === "placeholder" || part.kind === "output"
  );
  return !(isPlain && PICTURE.test(html));
}

/**
 * Whether a filled message is empty ("Your message is empty.").
 *
 * As in GOV.UK Notify, an SMS is empty when nothing remains without its prefix. A markdown e-mail is empty when its template
 * is empty, or when the template begins and ends with placeholder brackets and its filled text is blank. Any other message
 * is empty when its filled text is blank, an e-mail in HTML also when its tags show no text.
 */
export function isEmptyMessage(template: Template, personalisation: Personalisation): boolean {
  if (template.channel === "sms") {
    return renderSms(template, personalisation, { prefix: undefined, encoding: "unicode" }) === "";
  }
  const { body } = template.source;
  if (body === "") return true;
  const isMarkdown = template.channel === "email" && template.syntax === "notify";
  if (isMarkdown && (!body.startsWith("((") || !body.endsWith("))"))) return false;
  const values = valuesOf(template, personalisation, false);
  const { engine } = template;
  const filled = fill(template.body, values, { escape: false, lists: "bullets", engine });
  if (strip(filled) === "") return true;
  return template.channel === "email" && !isMarkdown &&
    isEmptyHtml(template, personalisation, filled);
}
