import type { TemplateChannel } from "./channel.ts";
import { HTML_ELEMENTS } from "./html/elements.ts";

/**
 * The syntaxes of templates: `notify` has `((name))` placeholders, and markdown in e-mails; `html` has `((name))` in HTML and
 * exists for e-mails only; `freemarker` has `${name}` and `[#if]`.
 */
export const TEMPLATE_SYNTAXES = ["notify", "html", "freemarker"] as const;
/** One of {@link TEMPLATE_SYNTAXES}. */
export type TemplateSyntax = typeof TEMPLATE_SYNTAXES[number];

/** The syntaxes of templates for channels other than e-mail. */
export const PLAIN_SYNTAXES = ["notify", "freemarker"] as const satisfies readonly TemplateSyntax[];

/**
 * Returns the syntaxes that a channel's templates may have; none for Diia, whose templates have a syntax of their own.
 */
export function syntaxesOf(channel: TemplateChannel): readonly TemplateSyntax[] {
  if (channel === "diia") return [];
  return channel === "email" ? TEMPLATE_SYNTAXES : PLAIN_SYNTAXES;
}

/** An HTML tag with its name. Markdown's `<https://…>` does not match. */
const TAG = /<\/?([a-z][a-z0-9]*)(?=[\s/>])[^<>]*>/gi;
const COMMENT_OR_DOCTYPE = /<!--|<!doctype/i;

/**
 * Whether a text contains an HTML tag, comment or doctype. `<your office>` is no tag: the name must be an HTML
 * element's.
 */
export function hasTag(text: string): boolean {
  if (COMMENT_OR_DOCTYPE.test(text)) return true;
  for (const [, name = ""] of text.matchAll(TAG)) {
    if (HTML_ELEMENTS.has(name.toLowerCase())) return true;
  }
  return false;
}
