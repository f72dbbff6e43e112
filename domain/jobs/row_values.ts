/** The values of a validated row: those that are stored, and those that a sample shows. */
import type { CheckedRow } from "../csv/check_row.ts";
import type { Service } from "../service/service.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { previewTemplate } from "../template/preview.ts";
import type { Personalisation, Template } from "../template/template.ts";
import type { JobRow } from "./job.ts";
import type { ListSample } from "./report.ts";

/** The normalised name of the column with the service's own reference of a message, as in GOV.UK Notify. */
export const REFERENCE_COLUMN = "reference";

/** Whether a value is a list of cells without visible text. Any other value, also an empty string or `null`, is not. */
export function isBlank(data: CheckedRow["recipient"]): boolean {
  return Array.isArray(data) && data.every((item) => item === null || item.trim() === "");
}

/** The service's own reference of a row's message: the cell of the column `reference`, `undefined` when it is empty. */
export function referenceOf({ cells }: CheckedRow): string | undefined {
  const data = cells.find(({ key }) => key === REFERENCE_COLUMN)?.data;
  return typeof data === "string" ? data : undefined;
}

/**
 * The values that the template uses, without empty cells. The recipient is among them only when the template names its
 * column.
 *
 * @param usedKeys the normalised names of the template's placeholders
 */
export function usedValues(
  { personalisation }: CheckedRow,
  usedKeys: ReadonlySet<string>,
): JobRow["personalisation"] {
  const used: Record<string, string | readonly (string | null)[]> = {};
  for (const name of Object.keys(personalisation)) {
    const data = personalisation[name] ?? null;
    if (data !== null && usedKeys.has(normalisedName(name))) used[name] = data;
  }
  return used;
}

/** Groups the spellings of the translations' placeholders by their normalised names. */
export function groupSpellings(
  translations: readonly Template[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Set(translations.flatMap(({ placeholders }) => placeholders));
  return Map.groupBy(names, normalisedName);
}

/**
 * The values that translations use, under the names that the translations write. Empty cells are left out: a value that
 * only translations use may be missing.
 *
 * @param spellings as {@link groupSpellings} returns them
 */
export function translationValues(
  { cells }: CheckedRow,
  spellings: ReadonlyMap<string, readonly string[]>,
): JobRow["personalisation"] {
  const values: Record<string, string | readonly (string | null)[]> = {};
  for (const { key, data } of cells) {
    if (key === null || data === null) continue;
    for (const name of spellings.get(key) ?? []) values[name] = data;
  }
  return values;
}

/**
 * Renders the message of a row for the report. Missing values stay visible as placeholders.
 *
 * @param row the row's number in a spreadsheet
 * @param country ISO 3166 code of the recipient of a text message
 */
export function toSample(
  service: Service,
  template: Template,
  { personalisation }: CheckedRow,
  row: number,
  country: string | undefined,
): ListSample {
  const values: Personalisation = Object.fromEntries(
    Object.entries(personalisation).filter(([, data]) => data !== null),
  );
  const { subject, body, text, sms } = previewTemplate(service, template, values);
  return {
    row,
    subject,
    body,
    text,
    fragments: sms?.measure.fragments ?? null,
    country: country ?? null,
  };
}
