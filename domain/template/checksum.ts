import { toDiiaTemplateJson } from "../ports/diia_templates.ts";
import { attributeOf, type TemplateAttribute } from "./diia.ts";
import type { TemplateSource } from "./template.ts";

/** What of a published template is summed. */
export interface ChecksumSource {
  readonly title: string | null;
  readonly content: string;
  readonly attributes?: readonly TemplateAttribute[] | undefined;
}

/**
 * The text whose SHA-256 tells whether a published template has changed: the content, and for Diia the compact JSON of what
 * is published there, in its order, with `null` for what is absent.
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
