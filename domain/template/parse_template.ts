/** Parses templates of every syntax. It brings FreeMarker with it: what needs `((name))` only imports `template.ts`. */
import { ok, type Result } from "../result.ts";
import { runSteps, type Steps } from "../steps/steps.ts";
import { attributeOf, parseDiiaSegments } from "./diia.ts";
import type { TemplateEngine } from "./engine.ts";
import { expand } from "./freemarker/expand.ts";
import type { TemplateFault } from "./freemarker/fault.ts";
import { lexFreemarker } from "./freemarker/lex.ts";
import { parseFreemarkerSteps } from "./freemarker/parse.ts";
import { placeholderNames } from "./placeholders.ts";
import {
  isPlainSource,
  parsePlainTemplate,
  type Template,
  type TemplateSource,
} from "./template.ts";

const ENGINE: TemplateEngine = {
  expand,
  splitBody(body) {
    const pieces = lexFreemarker(body);
    return pieces.ok
      ? pieces.value.map((piece) => piece.kind === "text" ? piece.text : undefined)
      : [body];
  },
};

type Parts = Pick<Template, "subject" | "body" | "shortText">;

function parseDiia({ subject, body, attributes }: TemplateSource): Parts {
  return {
    subject: parseDiiaSegments(subject ?? ""),
    body: parseDiiaSegments(body),
    shortText: parseDiiaSegments(attributeOf(attributes, "shortText") ?? ""),
  };
}

function* parseFreemarker(
  { channel, subject, body }: TemplateSource,
  isStored: boolean,
): Steps<Result<Parts, TemplateFault>> {
  // The publisher's program writes an e-mail's HTML, and with it the directives in it.
  const parsed = yield* parseFreemarkerSteps(body, { isHtml: channel === "email", isStored });
  if (!parsed.ok) return parsed;
  return ok({ subject: subject === null ? [] : [subject], body: parsed.value, shortText: [] });
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
  if (isPlainSource(source)) return ok(parsePlainTemplate(source));
  const parsed = source.channel === "diia"
    ? ok(parseDiia(source))
    : yield* parseFreemarker(source, isStored);
  if (!parsed.ok) return parsed;
  yield;
  const { subject, body, shortText } = parsed.value;
  return ok({
    channel: source.channel,
    syntax: source.syntax ?? "notify",
    placeholders: placeholderNames(subject, shortText, body),
    source,
    subject,
    body,
    htmlBody: [],
    shortText,
    engine: ENGINE,
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
