import { toDiiaTemplateJson } from "../ports/diia_templates.ts";
import { attributeOf, type TemplateAttribute } from "./diia.ts";
import type { TemplateSource } from "./template.ts";

/** The fields of a published template that its checksum covers. */
export interface ChecksumSource {
  readonly title: string | null;
  readonly content: string;
  readonly attributes?: readonly TemplateAttribute[] | undefined;
}

/**
 * Returns the text whose SHA-256 identifies the version of a published template: the content, or for Diia the compact JSON
 * of the published fields, in the published order, with `null` for absent fields.
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
