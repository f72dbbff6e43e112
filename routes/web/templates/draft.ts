/** A draft in the editor: how it looks with the values to try, or why it cannot be shown. */
import type { TemplateFieldFault } from "../../../application/templates/edit_template.ts";
import { previewTemplate } from "../../../application/templates/preview_template.ts";
import type { Result } from "../../../domain/result.ts";
import type { Service } from "../../../domain/service/service.ts";
import { parseSegments } from "../../../domain/template/placeholders.ts";
import type { Preview } from "../../../domain/template/preview.ts";
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

/** The name of the form's field for a placeholder. */
export function valueField(name: string): string {
  return `value:${name}`;
}

/**
 * Renders a draft with the values that were typed.
 *
 * @param valueOf returns what was typed for a field of the form; empty for nothing, which leaves the placeholder as it is
 */
export async function openDraft(
  service: Service,
  typed: TypedTemplate,
  valueOf: (field: string) => string,
): Promise<Draft> {
  const source = sourceOf(typed);
  const plain = await previewTemplate(service, source, {});
  if (!plain.ok) return { typed, result: plain, values: [], more: 0 };
  const { placeholders } = plain.value;
  const conditions = conditionsOf(typed);
  const values = placeholders.slice(0, MAX_TRIED_VALUES).map((name) => ({
    name,
    value: valueOf(valueField(name)),
    isCondition: conditions.has(name),
  }));
  const tried = values.filter(({ value }) => value !== "");
  const result = tried.length === 0 ? plain : await previewTemplate(
    service,
    source,
    Object.fromEntries(tried.map(({ name, value }) => [name, value])),
  );
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
