import { fill, type Personalisation } from "./fill.ts";
import { strip } from "../python_compat/text.ts";
import { renderSms } from "./sms/sms.ts";
import { type Template, valuesOf } from "./template.ts";

/**
 * Whether a message has nothing to say ("Your message is empty.").
 *
 * A text is empty when nothing is left of it without the prefix. An e-mail is when its template is the empty text, or
 * begins and ends as a placeholder does and comes to nothing. (facts/notify.md 4.3, 4.4) Whatever is no markdown
 * or is for an inbox or Diia is empty when it comes to nothing.
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
