import { exactValues, fill, type Personalisation } from "./fill.ts";
import type { Segment } from "./segments.ts";
import type { Template } from "./template.ts";

/** The texts that Diia shows of a message. */
export interface DiiaPreview {
  readonly title: string;
  readonly shortText: string;
  readonly fullText: string;
}

const STYLE = { escape: false, lists: "sentence" } as const;

/** Returns a message's texts as Diia will show them; Diia inserts the values itself. Plain text. */
export function renderDiiaPreview(
  template: Template,
  personalisation: Personalisation,
): DiiaPreview {
  const values = exactValues(personalisation);
  const text = (segments: readonly Segment[]) => fill(segments, values, STYLE).toWellFormed();
  return {
    title: text(template.subject),
    shortText: text(template.shortText),
    fullText: text(template.body),
  };
}
