import type { Segment } from "./segments.ts";

/**
 * A named value of a template beside its title and body, such as Diia's `actionType`, `templateType` and `shortText`.
 */
export interface TemplateAttribute {
  readonly name: string;
  readonly value: string;
}

const PLACEHOLDER = /\$?\{([^{}]+)\}/g;

/** Returns an attribute's value; where several attributes have the name, the last one's; `undefined` where none has. */
export function attributeOf(
  attributes: readonly TemplateAttribute[] | undefined,
  name: string,
): string | undefined {
  return attributes?.findLast((attribute) => attribute.name === name)?.value;
}

/** Splits a text of a Diia template at its placeholders `{name}` or `${name}`. Names are case-sensitive. */
export function parseDiiaSegments(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) segments.push(text.slice(end, match.index));
    segments.push({
      kind: "output",
      expression: { kind: "variable", name: match[1] ?? "" },
      written: match[0],
      isJson: true,
    });
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push(text.slice(end));
  return segments;
}
