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
 * Returns the text whose SHA-256 is the `checksum` of a template in responses of the API for registries (`/api`). It is
 * computed as the registries platform does: from the content; for Diia from the compact JSON of the fields that Diia
 * gets, in the order below, with `null` for absent fields.
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
