import { createRowReader, type RowReader } from "../csv/row_reader.ts";
import { normalisedName } from "../template/normalised_name.ts";
import type { Template } from "../template/template.ts";
import { cleanHeading } from "../text/pasted_text.ts";
import { sentSmsOptionsOf } from "../template/rendering.ts";
import type { NamedHeadings } from "./list_columns.ts";
import type { ListRules } from "./list_rules.ts";
import { type ListError, truncateHeader } from "./report.ts";
import { type ListTop, missingColumnMessage } from "./missing_column.ts";
import { groupSpellings, REFERENCE_COLUMN } from "./row_values.ts";

/** The headers of one upload compared with its template and translations, and the reader of its rows. */
export interface ListHeaders {
  readonly reader: RowReader;
  /**
   * Headers as written, truncated for reports, by key. A key is a header or placeholder name in lower case, without
   * blanks, `_` and `-`.
   */
  readonly headerOf: ReadonlyMap<string, string>;
  /** The keys of the template's placeholders. */
  readonly usedKeys: ReadonlySet<string>;
  /** The spellings of the placeholders of the template's translations, by key. */
  readonly translationSpellings: ReadonlyMap<string, readonly string[]>;
  /** Whether the file has a column `reference` for the service's own references; not when it is a placeholder. */
  readonly hasReference: boolean;
}

/**
 * Cleans the headings of a list. A heading that names a placeholder as written stays so; one that names a placeholder
 * only when both are cleaned gets the placeholder's spelling.
 */
function cleanHeadings(
  headers: readonly string[],
  templates: readonly Template[],
): readonly string[] {
  const names = templates.flatMap(({ placeholders }) => placeholders);
  const asWritten = new Set(names.map(normalisedName));
  const spellings = new Map(names.map((name) => [normalisedName(cleanHeading(name)), name]));
  return headers.map((header) => {
    if (asWritten.has(normalisedName(header))) return header;
    const cleaned = cleanHeading(header);
    const key = normalisedName(cleaned);
    return asWritten.has(key) ? cleaned : spellings.get(key) ?? cleaned;
  });
}

/** Compares the headings with the template and its translations, once for all rows of the upload. */
export function readHeaders(
  { headings, shared }: NamedHeadings,
  { service, template, translations = [] }: ListRules,
): ListHeaders {
  const { country, international_sms, uk_landlines } = service.settings;
  const templates = [template, ...translations];
  const names = cleanHeadings(headings, templates);
  const further = cleanHeadings(shared.map(({ name }) => name), templates);
  const rules = {
    template,
    sms: sentSmsOptionsOf(service),
    phones: { international: international_sms, landline: uk_landlines, country },
  };
  const sharedNames = shared.map(({ name, at }, index) => ({ name: further[index] ?? name, at }));
  const reader = createRowReader(names, rules, names.length, sharedNames);
  const headerOf = new Map(
    [...further, ...names].map((name) => [normalisedName(name), truncateHeader(name)]),
  );
  const usedKeys = new Set(template.placeholders.map(normalisedName));
  return {
    reader,
    headerOf,
    usedKeys,
    translationSpellings: groupSpellings(translations),
    hasReference: !usedKeys.has(REFERENCE_COLUMN) && headerOf.has(REFERENCE_COLUMN),
  };
}

/** The number of errors that {@link headerErrors} yields, without making their messages. */
export function countHeaderErrors({ columns }: RowReader): number {
  return columns.missing.length + columns.duplicateRecipients.length;
}

/**
 * Yields an error for each missing column, and for each of several recipient columns.
 *
 * @param top the headings and the rows below them, by which the cause of a missing column is found
 */
export function* headerErrors({ columns }: RowReader, top: ListTop): Generator<ListError> {
  const { row } = top.headers;
  for (const name of columns.missing) {
    yield { row, column: name, code: "missing_column", message: missingColumnMessage(name, top) };
  }
  for (const header of columns.duplicateRecipients) {
    yield {
      row,
      column: truncateHeader(header),
      code: "duplicate_recipient_column",
      message: "We found more than one column for the recipient",
    };
  }
}

/**
 * The headers, as written, that are neither the recipient, a placeholder of the template or a translation, nor
 * `reference`.
 */
export function unknownColumns(
  { reader, translationSpellings, hasReference }: ListHeaders,
): readonly string[] {
  return reader.columns.unused.filter((header) => {
    const key = normalisedName(header);
    return !translationSpellings.has(key) && (!hasReference || key !== REFERENCE_COLUMN);
  });
}
