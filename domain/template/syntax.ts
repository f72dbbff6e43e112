import { hasMarkup } from "./freemarker/lex.ts";
import { parseSegments } from "./placeholders.ts";
import type { TemplateChannel } from "./template.ts";

/**
 * How a template says where its values go: `((name))`, or FreeMarker's `${name}` and `[#if]`. E-mails are markdown in the
 * first; `html` is theirs alone, and has `((name))` in HTML.
 */
export const TEMPLATE_SYNTAXES = ["notify", "html", "freemarker"] as const;
export type TemplateSyntax = typeof TEMPLATE_SYNTAXES[number];

/** A tag of HTML; markdown's `<https://…>` is none. */
const HTML_TAG = /<\/?[a-z][a-z0-9]*(?=[\s/>])[^<>]*>|<!--|<!doctype/i;

/**
 * The syntax of a template that a registry publishes, which has no place to say so: `((name))` where the content has such a
 * placeholder and nothing of FreeMarker's. An e-mail of those is HTML where it has a tag, and markdown where it has none.
 */
export function syntaxOf(content: string, channel: TemplateChannel): TemplateSyntax {
  if (hasMarkup(content)) return "freemarker";
  if (parseSegments(content).every((part) => typeof part === "string")) return "freemarker";
  return channel === "email" && HTML_TAG.test(content) ? "html" : "notify";
}
