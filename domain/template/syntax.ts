import type { TemplateChannel } from "./channel.ts";
import { hasMarkup } from "./freemarker/lex.ts";
import { HTML_ELEMENTS } from "./html/elements.ts";
import { parseSegments } from "./placeholders.ts";

/**
 * How a template says where its values go: `((name))`, or FreeMarker's `${name}` and `[#if]`. E-mails are markdown in the
 * first; `html` is theirs alone, and has `((name))` in HTML.
 */
export const TEMPLATE_SYNTAXES = ["notify", "html", "freemarker"] as const;
export type TemplateSyntax = typeof TEMPLATE_SYNTAXES[number];

/** Those of templates that are no e-mails. */
export const PLAIN_SYNTAXES = ["notify", "freemarker"] as const satisfies readonly TemplateSyntax[];

/** The syntaxes that a template may be given. Diia's have their own, which is none of these. */
export function syntaxesOf(channel: TemplateChannel): readonly TemplateSyntax[] {
  if (channel === "diia") return [];
  return channel === "email" ? TEMPLATE_SYNTAXES : PLAIN_SYNTAXES;
}

/** What is written as a tag, with its name; markdown's `<https://…>` is none. */
const TAG = /<\/?([a-z][a-z0-9]*)(?=[\s/>])[^<>]*>/gi;
const COMMENT_OR_DOCTYPE = /<!--|<!doctype/i;

/** Whether a text has a tag of HTML. `<your office>` is none: only the elements' names count. */
function hasTag(text: string): boolean {
  if (COMMENT_OR_DOCTYPE.test(text)) return true;
  for (const [, name = ""] of text.matchAll(TAG)) {
    if (HTML_ELEMENTS.has(name.toLowerCase())) return true;
  }
  return false;
}

function hasPlaceholder(text: string): boolean {
  return parseSegments(text).some((part) => typeof part !== "string");
}

/** Whether readers see the title. A text has none, and Diia's templates have a syntax of their own. */
function showsTitle(channel: TemplateChannel): boolean {
  return channel === "email" || channel === "inbox";
}

/** What a registry publishes of a template's words. */
export interface PublishedWords {
  readonly title: string | null;
  readonly content: string;
}

/**
 * The syntax of a template that a registry publishes, which has no place to say so: `((name))` where the content has such a
 * placeholder and nothing of FreeMarker's, or where it has neither and the title that is shown has one. An e-mail of those is
 * HTML where its content has a tag, and markdown where it has none.
 */
export function syntaxOf(
  { title, content }: PublishedWords,
  channel: TemplateChannel,
): TemplateSyntax {
  if (hasMarkup(content)) return "freemarker";
  const isNotify = hasPlaceholder(content) ||
    (title !== null && showsTitle(channel) && hasPlaceholder(title));
  if (!isNotify) return "freemarker";
  return channel === "email" && hasTag(content) ? "html" : "notify";
}
