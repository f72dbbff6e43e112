/** What a person chooses about a list, read from its forms. */
import { PageError } from "../page_error.ts";
import { headingFor, type ListColumns } from "../../../domain/jobs/list_columns.ts";
import type { ListDraft, ListDraftOptions } from "../../../domain/jobs/list_draft.ts";
import { normalisedName } from "../../../domain/template/normalised_name.ts";
import { cleanHeading } from "../../../domain/text/pasted_text.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { Form } from "../forms.ts";
import type { Texts } from "../texts/texts.ts";

/** The name of the field with the column of a needed name, by its place among them. */
export function columnField(index: number): string {
  return `column_${index}`;
}

/** The columns that a form has chosen. */
export interface ChosenColumns {
  /** The place of the chosen heading by the place of the needed name, as typed. */
  readonly chosen: readonly string[];
  /** The columns whose names differ; `undefined` when the form is another one. */
  readonly columns: ListColumns | undefined;
  readonly faults: readonly FormFault[];
}

/** The place of the heading that stands for a needed name now; -1 when none does. */
export function headingOfName({ headings, options }: ListDraft, name: string): number {
  const chosen = headingFor(options.columns, name);
  if (chosen !== undefined) return headings.indexOf(chosen);
  const keyOf = (heading: string) => normalisedName(cleanHeading(heading));
  const taken = new Set(Object.values(options.columns));
  return headings.findIndex((heading) => !taken.has(heading) && keyOf(heading) === keyOf(name));
}

/** Reads the columns of the form. A form that sets something else has no fault. */
export function readColumns(form: Form, draft: ListDraft, { lists }: Texts): ChosenColumns {
  if (form.text("action") !== "columns") return { chosen: [], columns: undefined, faults: [] };
  const { headings, check: { needed } } = draft;
  const chosen = needed.map((_, index) => form.text(columnField(index)));
  const columns: Record<string, string> = {};
  const faults: FormFault[] = [];
  for (const [index, name] of needed.entries()) {
    const typed = chosen[index] ?? "";
    const heading = typed === "" ? undefined : headings[Number(typed)];
    const field = columnField(index);
    if (heading === undefined) faults.push({ field, message: lists.columnMissing(name) });
    else columns[name] = heading;
  }
  return { chosen, columns, faults };
}

/** The options of a list after one of its forms was sent. @throws PageError 403 for a form that no page has */
export function optionsOf(
  form: Form,
  { options }: ListDraft,
  columns: ListColumns | undefined,
): ListDraftOptions {
  switch (form.text("action")) {
    case "columns":
      return { ...options, columns: columns ?? options.columns, columnsConfirmed: true };
    case "skip":
      return { ...options, skipBadRows: true };
    case "put-back":
      return { ...options, skipBadRows: false, allowDuplicates: true };
    case "once":
      return { ...options, skipBadRows: true, allowDuplicates: false };
    default:
      throw new PageError(403);
  }
}
