/** Checks templates at once, which Hark does in steps. */
import { checkDraftSteps } from "../../domain/registry/template_draft.ts";
import { runSteps } from "../../domain/steps/steps.ts";
import { parseFreemarkerSteps } from "../../domain/template/freemarker/parse.ts";
import { checkTemplateSteps } from "../../domain/template/parse_template.ts";

/** Does the work of `checkDraftSteps`. */
export function checkDraft(...args: Parameters<typeof checkDraftSteps>) {
  return runSteps(checkDraftSteps(...args));
}

/** Does the work of `checkTemplateSteps`. */
export function checkTemplate(...args: Parameters<typeof checkTemplateSteps>) {
  return runSteps(checkTemplateSteps(...args));
}

/** Does the work of `parseFreemarkerSteps`. */
export function parseFreemarker(...args: Parameters<typeof parseFreemarkerSteps>) {
  return runSteps(parseFreemarkerSteps(...args));
}
