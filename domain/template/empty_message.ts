import { fill, type Personalisation } from "./fill.ts";
import { strip } from "../python_compat/text.ts";
import { renderSms } from "./sms/sms.ts";
import { type Template, valuesOf } from "./template.ts";

/**
 * Whether a filled message is empty ("Your message is empty.").
 *
 * As in GOV.UK Notify, an SMS is empty when nothing remains without its prefix. A markdown e-mail is empty when its template
 * is empty, or when the template begins and ends with placeholder brackets and its filled text is blank. Any other message
 * is empty when its filled text is blank.
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
  return strip(fill(template.body, values, { escape: false, lists: "bullets" })) === "";
}
