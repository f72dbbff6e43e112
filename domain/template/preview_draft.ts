import { runSteps, type Steps } from "../steps/steps.ts";
import { parseTemplate } from "./parse_template.ts";
import { type Preview, previewTemplateInSteps } from "./preview.ts";
import type { Writer } from "./rendering.ts";
import type { Personalisation, TemplateSource } from "./template.ts";

/**
 * Renders a draft as a message of the service, as `previewTemplate` does with a parsed template.
 *
 * @throws {Error} on a source that `checkTemplateSteps` refuses
 */
export function previewDraft(
  writer: Writer,
  source: TemplateSource,
  personalisation: Personalisation,
): Preview {
  return runSteps(previewDraftInSteps(writer, source, personalisation));
}

/**
 * Renders a draft as {@link previewDraft} does, but yields between its steps, so that the caller can serve other
 * requests.
 *
 * @throws {Error} on a source that `checkTemplateSteps` refuses
 */
export function* previewDraftInSteps(
  writer: Writer,
  source: TemplateSource,
  personalisation: Personalisation,
): Steps<Preview> {
  const template = parseTemplate(source);
  yield;
  return yield* previewTemplateInSteps(writer, template, personalisation);
}
