import { fill, type Personalisation } from "./fill.ts";
import { fillHtml } from "./html/fill_html.ts";
import { toSafeHtml } from "./html/safe_html.ts";
import { oneLine } from "./sendable.ts";
import { type Template, valuesOf } from "./template.ts";

/** A rendered inbox message. */
export interface InboxMessage {
  /** Plain text on one line. */
  readonly subject: string;
  /** A sanitised HTML fragment that contains only text, harmless tags and links. */
  readonly body: string;
}

/**
 * Renders an inbox message. The author's harmless tags are kept (see `toSafeHtml`); a value adds only text. Markdown is not
 * rendered.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function renderInbox(template: Template, personalisation: Personalisation): InboxMessage {
  const values = valuesOf(template, personalisation, false);
  return {
    subject: oneLine(fill(template.subject, values, { escape: false, lists: "sentence" })),
    body: toSafeHtml(fillHtml(template, template.body, personalisation)),
  };
}
