import { toDiiaTemplateJson } from "../ports/diia_templates.ts";
import { attributeOf, type TemplateAttribute } from "./diia.ts";
import type { TemplateSource } from "./template.ts";

/** The fields of a template that a registry publishes, as far as its checksum depends on them. */
export interface ChecksumSource {
  readonly title: string | null;
  readonly content: string;
  readonly attributes?: readonly TemplateAttribute[] | undefined;
}

/**
 * Returns the text whose SHA-256 is the template's `checksum` in the answers to registries, as on their platform. It is
 * the content; for Diia it is the compact JSON of the fields that Diia gets, in that order, with `null` for absent
 * fields.
 */
export function checksumInput(
  channel: TemplateSource["channel"],
  { title, content, attributes }: ChecksumSource,
): string {
  if (channel !== "diia") return content;
  return toDiiaTemplateJson({
    actionType: attributeOf(attributes, "actionType") ?? null,
    templateType: attributeOf(attributes, "templateType") ?? null,
    title,
    shortText: attributeOf(attributes, "shortText") ?? null,
    fullText: content,
  });
}
