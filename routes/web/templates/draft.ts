/** A draft in the editor: how it looks with the values to try, or why it cannot be shown. */
import type { TemplateFieldFault } from "../../../application/templates/template_faults.ts";
import { previewTemplate } from "../../../application/templates/preview_template.ts";
import type { Result } from "../../../domain/result.ts";
import type { Service } from "../../../domain/service/service.ts";
import { parseSegments } from "../../../domain/template/placeholders.ts";
import type { Preview } from "../../../domain/template/preview.ts";
import type { Form } from "../forms.ts";
import { sourceOf, type TypedTemplate } from "./typed_template.ts";

/** The most values that can be tried; a template with more placeholders shows the others as written. */
export const MAX_TRIED_VALUES = 50;

/** A value to try for a placeholder. */
export interface TriedValue {
  readonly name: string;
  readonly value: string;
  /** Whether the value only shows or hides a text. */
  readonly isCondition: boolean;
}

/** A draft as it looks. */
export interface Draft {
  readonly typed: TypedTemplate;
  readonly result: Result<Preview, TemplateFieldFault>;
  readonly values: readonly TriedValue[];
  /** How many placeholders have no value to try. */
  readonly more: number;
}

/** What the names of the form's fields for values begin with. */
const VALUE_FIELD = "value:";

/** The name of the form's field for a placeholder. */
export function valueField(name: string): string {
  return VALUE_FIELD + name;
}

/** Returns the values to try that a form has, by placeholder. An empty field leaves its placeholder as it is. */
export function readValues(form: Form): Readonly<Record<string, string>> {
  return Object.fromEntries(
    form.names().filter((name) => name.startsWith(VALUE_FIELD))
      .map((name) => [name.slice(VALUE_FIELD.length), form.text(name)])
      .filter(([, value]) => value !== ""),
  );
}

/** Renders a draft with values to try. */
export async function openDraft(
  service: Service,
  typed: TypedTemplate,
  tried: Readonly<Record<string, string>> = {},
): Promise<Draft> {
  const result = await previewTemplate(service, sourceOf(typed), tried);
  if (!result.ok) return { typed, result, values: [], more: 0 };
  const { placeholders } = result.value;
  const conditions = conditionsOf(typed);
  const values = placeholders.slice(0, MAX_TRIED_VALUES).map((name) => ({
    name,
    value: Object.hasOwn(tried, name) ? tried[name] ?? "" : "",
    isCondition: conditions.has(name),
  }));
  return { typed, result, values, more: placeholders.length - values.length };
}

/** The placeholders that stand in conditions only, in `((name??text))`. */
function conditionsOf({ subject, body, syntax }: TypedTemplate): ReadonlySet<string> {
  if (syntax === "freemarker") return new Set();
  const [inConditions, elsewhere] = [new Map<string, string>(), new Set<string>()];
  for (const segment of [...parseSegments(subject), ...parseSegments(body)]) {
    if (typeof segment === "string") continue;
    if (segment.conditionalText === undefined) elsewhere.add(segment.key);
    else if (!inConditions.has(segment.key)) inConditions.set(segment.key, segment.name);
  }
  const only = [...inConditions].filter(([key]) => !elsewhere.has(key));
  return new Set(only.map(([, name]) => name));
}
