import { parseSegments } from "./placeholders.ts";

/** How a template says where its values go: `((name))`, or FreeMarker's `${name}` and `[#if]`. */
export const TEMPLATE_SYNTAXES = ["notify", "freemarker"] as const;
export type TemplateSyntax = typeof TEMPLATE_SYNTAXES[number];

const FREEMARKER = /[$#]\{|\[\/?[#@]|\[=/;

/**
 * The syntax of a template that a registry publishes, which has no place to say so: `((name))` where the content has such a
 * placeholder and nothing of FreeMarker's. A title is no template there and decides nothing.
 */
export function syntaxOf(content: string, _title: string | null): TemplateSyntax {
  if (FREEMARKER.test(content)) return "freemarker";
  return parseSegments(content).some((part) => typeof part !== "string") ? "notify" : "freemarker";
}
