import { createRowReader, type RowReader } from "../csv/row_reader.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { sentSmsOptionsOf } from "../template/rendering.ts";
import type { ListRules } from "./list_rules.ts";
import { type ListError, truncateHeader } from "./report.ts";
import { groupSpellings, REFERENCE_COLUMN } from "./row_values.ts";

/** The headers of one upload, and how its rows are read by them. */
export interface ListHeaders {
  readonly reader: RowReader;
  /** The header of each key, as it is reported. */
  readonly headerOf: ReadonlyMap<string, string>;
  readonly usedKeys: ReadonlySet<string>;
  readonly translationSpellings: ReadonlyMap<string, readonly string[]>;
  /** Whether the column `reference` holds the service's own references, and no value of the template. */
  readonly hasReference: boolean;
}

/** Compares the headers with the template and its translations. */
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

/** The errors of the headers. */
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

/** The headers that neither the message nor a translation uses. */
export function unknownColumns(
  { reader, translationSpellings, hasReference }: ListHeaders,
): readonly string[] {
  return reader.columns.unused.filter((header) => {
    const key = normalisedName(header);
    return !translationSpellings.has(key) && (!hasReference || key !== REFERENCE_COLUMN);
  });
}
