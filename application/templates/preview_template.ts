/** Previews a template that is not saved. */
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Steps } from "../../domain/steps/steps.ts";
import type { Preview } from "../../domain/template/preview.ts";
import { previewDraftInSteps } from "../../domain/template/preview_draft.ts";
import type { Writer } from "../../domain/template/rendering.ts";
import type { Personalisation, TemplateSource } from "../../domain/template/template.ts";
import { runInSlices } from "../event_loop.ts";
import { findBodyFault, type TemplateFieldFault } from "./template_faults.ts";

/**
 * Renders a draft as a message of the service, with values that may be missing. Nothing is stored or sent. Other requests
 * are served in between.
 *
 * @returns the fault of a body that is not valid
 */
export async function previewTemplate(
  writer: Writer,
  source: TemplateSource,
  values: Personalisation,
  signal?: AbortSignal,
): Promise<Result<Preview, TemplateFieldFault>> {
  return await runInSlices(previewInSteps(writer, source, values), signal);
}

function* previewInSteps(
  writer: Writer,
  source: TemplateSource,
  values: Personalisation,
): Steps<Result<Preview, TemplateFieldFault>> {
  const fault = yield* findBodyFault(source);
  if (fault !== undefined) return refuse(fault);
  yield;
  return ok(yield* previewDraftInSteps(writer, source, values));
}
