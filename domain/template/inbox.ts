import { fill, type Personalisation } from "./fill.ts";
import { fillHtml, fillPieces } from "./html/fill_html.ts";
import { toSafeHtml } from "./html/safe_html.ts";
import { isPlainText, plainTextToHtml } from "./inbox_text.ts";
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
 * Renders an inbox message. Of a template with HTML tags the author's harmless ones are kept (see `toSafeHtml`), and a
 * value adds only text. A template without tags is plain text: `<br>` stands at each line end, and web addresses are
 * links (see `plainTextToHtml`). Markdown is not rendered.
 *
 * @throws {TemplateStopped} when loops or values exceed a limit; a caller that checks `filledSize` first never gets it
 */
export function renderInbox(template: Template, personalisation: Personalisation): InboxMessage {
  const values = valuesOf(template, personalisation, false);
  const style = { escape: false, lists: "sentence", engine: template.engine } as const;
  return {
    subject: oneLine(fill(template.subject, values, style)),
    body: isPlainText(template)
      ? plainTextToHtml(fillPieces(template, template.body, personalisation))
      : toSafeHtml(fillHtml(template, template.body, personalisation)),
  };
}
