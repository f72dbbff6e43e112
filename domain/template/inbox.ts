import { fill, type Personalisation } from "./fill.ts";
import { fillHtml } from "./html/fill_html.ts";
import { toSafeHtml } from "./html/safe_html.ts";
import { oneLine } from "./sendable.ts";
import { type Template, valuesOf } from "./template.ts";

/** A message in the inbox of an account. */
export interface InboxMessage {
  /** Plain text on one line. */
  readonly subject: string;
  /** A part of an HTML document that holds nothing but text, harmless tags and links. */
  readonly body: string;
}

/**
 * A message for the inbox. The author's harmless tags stay, see `toSafeHtml`; a value adds text and nothing else. There is
 * no markdown.
 *
 * @throws {TemplateStopped} where loops and values go past a limit; see `filledSize`
 */
export function renderInbox(template: Template, personalisation: Personalisation): InboxMessage {
  const values = valuesOf(template, personalisation, false);
  return {
    subject: oneLine(fill(template.subject, values, { escape: false, lists: "sentence" })),
    body: toSafeHtml(fillHtml(template, template.body, personalisation)),
  };
}
