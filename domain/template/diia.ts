import { exactValues, fill, type Personalisation } from "./fill.ts";
import type { Segment } from "./segments.ts";
import type { Template } from "./template.ts";

/** A named value that a template has beside its title and body. */
export interface TemplateAttribute {
  readonly name: string;
  readonly value: string;
}

/** What Diia shows of a message. */
export interface DiiaPreview {
  readonly title: string;
  readonly shortText: string;
  readonly fullText: string;
}

const PLACEHOLDER = /\$?\{([^{}]+)\}/g;
const STYLE = { escape: false, lists: "sentence" } as const;

/** An attribute's value; of several with the name the last. */
export function attributeOf(
  attributes: readonly TemplateAttribute[] | undefined,
  name: string,
): string | undefined {
  return attributes?.findLast((attribute) => attribute.name === name)?.value;
}

/** Cuts a text that Diia renders at its placeholders: `{name}` or `${name}`, names as they are written. */
export function parseDiiaSegments(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > from) segments.push(text.slice(from, match.index));
    segments.push({
      kind: "output",
      expression: { kind: "variable", name: match[1] ?? "" },
      written: match[0],
    });
    from = match.index + match[0].length;
  }
  if (from < text.length) segments.push(text.slice(from));
  return segments;
}

/** What a message will be like in Diia, which puts the values in itself. Plain text. */
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
