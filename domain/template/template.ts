import { ok, type Result } from "../result.ts";
import type { TemplateChannel } from "./channel.ts";
import { attributeOf, parseDiiaSegments, type TemplateAttribute } from "./diia.ts";
import { exactValues, keyValues, type Personalisation, type Values } from "./fill.ts";
import { expand } from "./freemarker/expand.ts";
import type { TemplateFault } from "./freemarker/fault.ts";
import { TemplateStopped } from "./freemarker/limits.ts";
import { parseFreemarker } from "./freemarker/parse.ts";
import { escapeHtml } from "./html_text.ts";
import { normalisedName } from "./normalised_name.ts";
import { parseSegments, placeholderNames, type Segment } from "./placeholders.ts";
import type { TemplateSyntax } from "./syntax.ts";

export type { TemplateChannel } from "./channel.ts";
export type { Personalisation } from "./fill.ts";

/** A template as its author wrote it. A text has no subject; Diia's title is the subject here. */
export interface TemplateSource {
  readonly channel: TemplateChannel;
  /** `notify` unless told. Diia's templates have a syntax of their own, and this says nothing of them. */
  readonly syntax?: TemplateSyntax | undefined;
  /** No template in FreeMarker's syntax: it is taken as it is. */
  readonly subject: string | null;
  readonly body: string;
  /** Diia's `shortText` has placeholders too. */
  readonly attributes?: readonly TemplateAttribute[] | undefined;
}

/** A parsed template. Parse once a version and keep it; only `placeholders`, `channel` and `syntax` are for use outside. */
export interface Template {
  readonly channel: TemplateChannel;
  readonly syntax: TemplateSyntax;
  /** Names in order of first use, the subject's first, in their first spelling; conditionals included. */
  readonly placeholders: readonly string[];
  readonly source: TemplateSource;
  readonly subject: readonly Segment[];
  readonly body: readonly Segment[];
  /** The body made fit for HTML before it was cut. Empty for all but e-mails in markdown. */
  readonly htmlBody: readonly Segment[];
  /** Diia's. Empty for all others. */
  readonly shortText: readonly Segment[];
}

type Parts = Pick<Template, "subject" | "body"> & Partial<Pick<Template, "htmlBody" | "shortText">>;

function parseParts(source: TemplateSource): Result<Parts, TemplateFault> {
  const { channel, subject, body } = source;
  if (channel === "diia") {
    return ok({
      subject: parseDiiaSegments(subject ?? ""),
      body: parseDiiaSegments(body),
      shortText: parseDiiaSegments(attributeOf(source.attributes, "shortText") ?? ""),
    });
  }
  if (source.syntax === "freemarker") {
    const parsed = parseFreemarker(body);
    return parsed.ok
      ? ok({ subject: subject === null ? [] : [subject], body: parsed.value })
      : parsed;
  }
  return ok({
    subject: subject === null ? [] : parseSegments(subject),
    body: parseSegments(body),
    htmlBody: channel === "email" && source.syntax !== "html"
      ? parseSegments(escapeHtml(body))
      : [],
  });
}

/** Reads a template that is to be saved. Every `((name))` text is a template; FreeMarker's can be refused. */
export function checkTemplate(source: TemplateSource): Result<Template, TemplateFault> {
  const parts = parseParts(source);
  if (!parts.ok) return parts;
  const { subject, body, htmlBody = [], shortText = [] } = parts.value;
  return ok({
    channel: source.channel,
    syntax: source.syntax ?? "notify",
    placeholders: placeholderNames(subject, shortText, body),
    source,
    subject,
    body,
    htmlBody,
    shortText,
  });
}

/**
 * Reads a template that was saved.
 *
 * @throws {Error} on one that {@link checkTemplate} refuses; never in `((name))` syntax
 */
export function parseTemplate(source: TemplateSource): Template {
  const checked = checkTemplate(source);
  if (checked.ok) return checked.value;
  const { kind, line, column } = checked.refusal;
  throw new Error(`A template was stored that cannot be read: ${kind} at ${line}:${column}`);
}

/** Whether names count as they are written, and not by {@link normalisedName}. */
export function hasExactNames({ channel, syntax }: Template): boolean {
  return channel === "diia" || syntax === "freemarker";
}

/** The form in which a name of personalisation is compared for the template. */
export function nameKey(template: Template, name: string): string {
  return hasExactNames(template) ? name : normalisedName(name);
}

/** The values by key, as the template looks them up. `escape` must be that of the style that they are used with. */
export function valuesOf(
  template: Template,
  personalisation: Personalisation,
  escape: boolean,
): Values {
  return hasExactNames(template)
    ? exactValues(personalisation)
    : keyValues(personalisation, escape);
}

/** What the parts that are shown with these values need. A message that is stopped is refused for its size later. */
function missingWhenShown(template: Template, values: Values): readonly string[] {
  const missing = new Set<string>();
  try {
    for (const segments of [template.subject, template.shortText, template.body]) {
      expand(segments, values, false, () => undefined, (path) => missing.add(path));
    }
  } catch (stopped) {
    if (!(stopped instanceof TemplateStopped)) throw stopped;
  }
  return [...missing];
}

/**
 * The placeholders that have no value: the name is absent, or its value is null. An empty text is a value.
 *
 * In FreeMarker's syntax those that the parts need that these values show; a value of a kind that cannot be used there has
 * no value either, and one that lies inside another is told by its path: `person.name`, `names[0]`.
 *
 * @returns names in the template's spelling and order
 */
export function missingPersonalisation(
  template: Template,
  personalisation: Personalisation,
): readonly string[] {
  if (template.placeholders.length === 0) return [];
  if (hasExactNames(template)) return missingWhenShown(template, exactValues(personalisation));
  const values = keyValues(personalisation, false);
  return template.placeholders.filter((name) => {
    const value = values.get(normalisedName(name));
    return value === null || value === undefined;
  });
}
