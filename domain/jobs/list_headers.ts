import { createRowReader, type RowReader } from "../csv/row_reader.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { sentSmsOptionsOf } from "../template/rendering.ts";
import type { ListRules } from "./list_rules.ts";
import { type ListError, truncateHeader } from "./report.ts";
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

/** Compares the headers with the template and its translations, once for all rows of the upload. */
export function readHeaders(
  headers: readonly string[],
  { service, template, translations = [] }: ListRules,
): ListHeaders {
  const { country, international_sms, uk_landlines } = service.settings;
  const reader = createRowReader(headers, {
    template,
    sms: sentSmsOptionsOf(service),
    phones: { international: international_sms, landline: uk_landlines, country },
  });
  const { keys } = reader.columns;
  const headerOf = new Map(keys.map((key, at) => [key, truncateHeader(headers[at] ?? "")]));
  const usedKeys = new Set(template.placeholders.map(normalisedName));
  return {
    reader,
    headerOf,
    usedKeys,
    translationSpellings: groupSpellings(translations),
    hasReference: !usedKeys.has(REFERENCE_COLUMN) && headerOf.has(REFERENCE_COLUMN),
  };
}

/**
 * Yields an error for each missing column, and for each of several recipient columns.
 *
 * @param row the row number of the headers
 */
export function* headerErrors({ columns }: RowReader, row: number): Generator<ListError> {
  for (const name of columns.missing) {
    yield {
      row,
      column: name,
      code: "missing_column",
      message: `Your file is missing a column called ‘${name}’`,
    };
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
