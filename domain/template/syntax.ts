import type { TemplateChannel } from "./channel.ts";
import { hasMarkup } from "./freemarker/lex.ts";
import { HTML_ELEMENTS } from "./html/elements.ts";
import { parseSegments } from "./placeholders.ts";

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

function hasPlaceholder(text: string): boolean {
  return parseSegments(text).some((part) => typeof part !== "string");
}

/** Whether recipients see the title. An SMS has none, and Diia's templates have a syntax of their own. */
function showsTitle(channel: TemplateChannel): boolean {
  return channel === "email" || channel === "inbox";
}

/** Subject (`title`) and body (`content`) of a template that a registry publishes. */
export interface PublishedWords {
  readonly title: string | null;
  readonly content: string;
}

/**
 * Detects the syntax of a template that a registry publishes; the registry's format has no field for it.
 *
 * A template is FreeMarker unless its content has no FreeMarker markup and the content, or a title that recipients see, has
 * a `((name))` placeholder. An e-mail with such a placeholder is `html` where its content has an HTML tag, else `notify`.
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
