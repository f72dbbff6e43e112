import type { TemplateChannel } from "./channel.ts";
import { hasMarkup } from "./freemarker/lex.ts";
import { parseSegments } from "./placeholders.ts";
import { hasTag, type TemplateSyntax } from "./syntax.ts";

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
