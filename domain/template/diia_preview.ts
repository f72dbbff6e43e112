import { exactValues, fill, type Personalisation } from "./fill.ts";
import type { Segment } from "./segments.ts";
import type { Template } from "./template.ts";

/** The texts that Diia (the Ukrainian state's app) shows of a message. */
export interface DiiaPreview {
  readonly title: string;
  readonly shortText: string;
  readonly fullText: string;
}

/**
 * Returns a message's texts as Diia will show them, in plain text, for a preview: when the message is sent, Diia
 * inserts the values itself. A placeholder without a value keeps its written form.
 */
export function renderDiiaPreview(
  template: Template,
  personalisation: Personalisation,
): DiiaPreview {
  const values = exactValues(personalisation);
  const style = { escape: false, lists: "sentence", engine: template.engine } as const;
  const text = (segments: readonly Segment[]) => fill(segments, values, style).toWellFormed();
  return {
    title: text(template.subject),
    shortText: text(template.shortText),
    fullText: text(template.body),
  };
}
