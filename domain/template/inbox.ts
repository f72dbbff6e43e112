import { escapeHtml } from "./html_text.ts";
import { fill, keyValues, type Personalisation } from "./fill.ts";
import type { Template } from "./template.ts";

/** A message for an inbox. */
export interface RenderedInbox {
  readonly subject: string;
  readonly body: string;
}

export function renderInbox(template: Template, personalisation: Personalisation): RenderedInbox {
  const values = keyValues(personalisation, false);
  const style = { escape: false, lists: "sentence" } as const;
  return {
    subject: fill(template.subject, values, style),
    body: escapeHtml(fill(template.body, values, style)),
  };
}
