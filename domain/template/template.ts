import { keyValues, type Personalisation } from "./fill.ts";
import { escapeHtml } from "./html_text.ts";
import { insensitiveKey } from "./insensitive_key.ts";
import { parseSegments, placeholderNames, type Segment } from "./placeholders.ts";

export type { Personalisation } from "./fill.ts";

/** A template as its author wrote it. A text has no subject. */
export interface TemplateSource {
  readonly channel: "sms" | "email" | "inbox" | "diia";
  /** How its placeholders are written; `notify` unless told. */
  readonly syntax?: "notify" | "freemarker";
  readonly subject: string | null;
  readonly body: string;
}

/** A parsed template. Parse once a version and keep it; only `placeholders` and `channel` are for use outside. */
export interface Template {
  readonly channel: "sms" | "email" | "inbox" | "diia";
  /** Names in order of first use, the subject's first, in their first spelling; conditionals included. */
  readonly placeholders: readonly string[];
  readonly source: TemplateSource;
  readonly subject: readonly Segment[];
  readonly body: readonly Segment[];
  /** The body made fit for HTML before it was cut. Empty for a text. */
  readonly htmlBody: readonly Segment[];
}

/** Reads a template. Every text is a template: this refuses nothing. */
export function parseTemplate(source: TemplateSource): Template {
  const subject = source.subject === null ? [] : parseSegments(source.subject);
  const body = parseSegments(source.body);
  const htmlBody = source.channel === "email" ? parseSegments(escapeHtml(source.body)) : [];
  return {
    channel: source.channel,
    placeholders: placeholderNames(subject, body),
    source,
    subject,
    body,
    htmlBody,
  };
}

/**
 * The placeholders that have no value: the name is absent, or its value is null. An empty text is a value.
 *
 * @returns names in the template's spelling and order
 */
export function missingPersonalisation(
  template: Template,
  personalisation: Personalisation,
): readonly string[] {
  if (template.placeholders.length === 0) return [];
  const values = keyValues(personalisation, false);
  return template.placeholders.filter((name) => {
    const value = values.get(insensitiveKey(name));
    return value === null || value === undefined;
  });
}
