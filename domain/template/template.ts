import { ok, type Result } from "../result.ts";
import { runSteps, type Steps } from "../steps/steps.ts";
import type { TemplateChannel } from "./channel.ts";
import { attributeOf, parseDiiaSegments, type TemplateAttribute } from "./diia.ts";
import { exactValues, keyValues, type Personalisation, type Values } from "./fill.ts";
import { expand } from "./freemarker/expand.ts";
import type { TemplateFault } from "./freemarker/fault.ts";
import { TemplateStopped } from "./freemarker/limits.ts";
import { parseFreemarkerSteps } from "./freemarker/parse.ts";
import { escapeHtml } from "./html_text.ts";
import { normalisedName } from "./normalised_name.ts";
import { parseSegments, placeholderNames, type Segment } from "./placeholders.ts";
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
}

type Parts = Pick<Template, "subject" | "body"> & Partial<Pick<Template, "htmlBody" | "shortText">>;

function* parseParts(
  source: TemplateSource,
  isStored: boolean,
): Steps<Result<Parts, TemplateFault>> {
  const { channel, subject, body } = source;
  if (channel === "diia") {
    return ok({
      subject: parseDiiaSegments(subject ?? ""),
      body: parseDiiaSegments(body),
      shortText: parseDiiaSegments(attributeOf(source.attributes, "shortText") ?? ""),
    });
  }
  if (source.syntax === "freemarker") {
    // The publisher's program writes an e-mail's HTML, and with it the directives in it.
    const parsed = yield* parseFreemarkerSteps(body, {
      isHtml: channel === "email",
      isStored,
    });
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

/**
 * Parses a template that an author submits. Only a FreeMarker template can be refused: any other text is a valid
 * template.
 */
export function checkTemplateSteps(source: TemplateSource): Steps<Result<Template, TemplateFault>> {
  return toTemplate(source, false);
}

function* toTemplate(
  source: TemplateSource,
  isStored: boolean,
): Steps<Result<Template, TemplateFault>> {
  const parts = yield* parseParts(source, isStored);
  if (!parts.ok) return parts;
  yield;
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
 * Parses a stored template. One that {@link checkTemplateSteps} refuses only because it must fail for some values, or for
 * all, is parsed all the same: it was accepted by an earlier version.
 *
 * @throws {Error} where it cannot be read, which happens in FreeMarker syntax only
 */
export function parseTemplate(source: TemplateSource): Template {
  const checked = runSteps(toTemplate(source, true));
  if (checked.ok) return checked.value;
  const { kind, line, column } = checked.refusal;
  throw new Error(`A stored template cannot be parsed: ${kind} at ${line}:${column}`);
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
  if (hasExactNames(template)) return missingWhenShown(template, exactValues(personalisation));
  const values = keyValues(personalisation, false);
  return template.placeholders.filter((name) => {
    const value = values.get(normalisedName(name));
    return value === null || value === undefined;
  });
}
