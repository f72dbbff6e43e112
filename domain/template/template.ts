import type { TemplateChannel } from "./channel.ts";
import type { TemplateAttribute } from "./diia.ts";
import type { TemplateEngine } from "./engine.ts";
import { exactValues, keyValues, type Personalisation, type Values } from "./fill.ts";
import { TemplateStopped } from "./freemarker/limits.ts";
import { escapeHtml } from "./html_text.ts";
import { normalisedName } from "./normalised_name.ts";
import { parseSegments, placeholderNames } from "./placeholders.ts";
import type { Segment } from "./segments.ts";
import type { TemplateSyntax } from "./syntax.ts";

export type { TemplateChannel } from "./channel.ts";
export type { Personalisation } from "./fill.ts";

/** A template as its author wrote it. An SMS has no subject; for Diia the subject is its title. */
export interface TemplateSource {
  readonly channel: TemplateChannel;
  /** `notify` by default. Ignored for Diia, whose templates have a syntax of their own. */
  readonly syntax?: TemplateSyntax | undefined;
  /** In FreeMarker syntax the subject is plain text, without placeholders. */
  readonly subject: string | null;
  readonly body: string;
  /** Diia's attribute `shortText` may have placeholders. */
  readonly attributes?: readonly TemplateAttribute[] | undefined;
}

/** A parsed template. Parse each version once and cache it. Only `placeholders`, `channel` and `syntax` are public. */
export interface Template {
  readonly channel: TemplateChannel;
  readonly syntax: TemplateSyntax;
  /** Names in order of first use, beginning with the subject, in their first spelling; names in conditions included. */
  readonly placeholders: readonly string[];
  readonly source: TemplateSource;
  readonly subject: readonly Segment[];
  readonly body: readonly Segment[];
  /** The segments of the body after escaping for HTML. Empty for all templates but markdown e-mails. */
  readonly htmlBody: readonly Segment[];
  /** The segments of Diia's `shortText`. Empty for other channels. */
  readonly shortText: readonly Segment[];
  /** Fills the segments of FreeMarker and Diia templates; `undefined` where they are text and `((name))` only. */
  readonly engine: TemplateEngine | undefined;
}

/** Whether {@link parsePlainTemplate} reads a template: its placeholders are `((name))`. */
export function isPlainSource(
  { channel, syntax }: Pick<TemplateSource, "channel" | "syntax">,
): boolean {
  return channel !== "diia" && syntax !== "freemarker";
}

/** Parses a template whose placeholders are `((name))`: any text is valid. `parse_template.ts` reads every syntax. */
export function parsePlainTemplate(source: TemplateSource): Template {
  const { channel, syntax = "notify" } = source;
  const subject = source.subject === null ? [] : parseSegments(source.subject);
  const body = parseSegments(source.body);
  return {
    channel,
    syntax,
    placeholders: placeholderNames(subject, body),
    source,
    subject,
    body,
    htmlBody: channel === "email" && syntax !== "html"
      ? parseSegments(escapeHtml(source.body))
      : [],
    shortText: [],
    engine: undefined,
  };
}

/**
 * Whether placeholder names are compared exactly, not without case, spaces, `_` and `-`: in FreeMarker and for Diia.
 */
export function hasExactNames({ channel, syntax }: Template): boolean {
  return channel === "diia" || syntax === "freemarker";
}

/**
 * Returns the form in which the template compares a placeholder's name: the name itself in FreeMarker and for Diia,
 * otherwise the name in lower case, without spaces, `_` and `-`.
 */
export function nameKey(template: Template, name: string): string {
  return hasExactNames(template) ? name : normalisedName(name);
}

/**
 * Returns the values by the form in which the template compares their names.
 *
 * @param escape the `escape` of the `FillStyle` that the values are used with: whether names are escaped for HTML too
 */
export function valuesOf(
  template: Template,
  personalisation: Personalisation,
  escape: boolean,
): Values {
  return hasExactNames(template)
    ? exactValues(personalisation)
    : keyValues(personalisation, escape);
}

/** The missing values of the parts that these values show. A message that exceeds a limit is refused elsewhere. */
function missingWhenShown(
  template: Template,
  engine: TemplateEngine,
  values: Values,
): readonly string[] {
  const missing = new Set<string>();
  try {
    for (const segments of [template.subject, template.shortText, template.body]) {
      engine.expand(segments, values, false, () => undefined, (path) => missing.add(path));
    }
  } catch (stopped) {
    if (!(stopped instanceof TemplateStopped)) throw stopped;
  }
  return [...missing];
}

/**
 * Returns the placeholders without a value: the name is absent, or its value is null. An empty string is a value.
 *
 * In FreeMarker syntax only the parts that these values show count, a value of an unusable type counts as missing, and a
 * nested value is named by its path: `person.name`, `names[0]`.
 *
 * @returns names in the template's spelling and order
 */
export function missingPersonalisation(
  template: Template,
  personalisation: Personalisation,
): readonly string[] {
  const isPlain = template.body.every((part) => typeof part === "string");
  if (template.placeholders.length === 0 && (template.syntax !== "freemarker" || isPlain)) {
    return [];
  }
  const { engine } = template;
  if (engine !== undefined) return missingWhenShown(template, engine, exactValues(personalisation));
  const values = keyValues(personalisation, false);
  return template.placeholders.filter((name) => {
    const value = values.get(normalisedName(name));
    return value === null || value === undefined;
  });
}
