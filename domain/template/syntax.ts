import { hasMarkup } from "./freemarker/lex.ts";
import { parseSegments } from "./placeholders.ts";

/** How a template says where its values go: `((name))`, or FreeMarker's `${name}` and `[#if]`. */
export const TEMPLATE_SYNTAXES = ["notify", "freemarker"] as const;
export type TemplateSyntax = typeof TEMPLATE_SYNTAXES[number];

/**
 * The syntax of a template that a registry publishes, which has no place to say so: `((name))` where the content has such a
 * placeholder and nothing of FreeMarker's.
 */
export function syntaxOf(content: string): TemplateSyntax {
  if (hasMarkup(content)) return "freemarker";
  return parseSegments(content).some((part) => typeof part !== "string") ? "notify" : "freemarker";
}
