/** The cells of a row under the headers of their columns. */
import { stripWhitespace } from "../recipient/whitespace.ts";
import { insensitiveKey } from "../template/insensitive_key.ts";
import type { Columns } from "./columns.ts";

/** What stands in a cell: `null` for nothing, and a list where several columns have the same header. */
export type CellData = string | null | readonly (string | null)[];

/** A value of a row under the key of its column; `null` for the cells beyond the last header. */
export interface Keyed {
  readonly key: string | null;
  readonly data: CellData;
}

function clean(cell: string): string | null {
  const stripped = stripWhitespace(cell);
  return stripped === "" ? null : stripped;
}

/** What stands in columns of one header when one more is read. An empty first cell leaves no trace. */
function append(before: CellData | undefined, value: string | null): CellData {
  if (before === undefined || before === null) return value;
  return typeof before === "string" ? [before, value] : [...before, value];
}

/** A row's values by header as written. A column without a header is kept where it holds something. */
function byHeader(row: readonly string[], columns: Columns): ReadonlyMap<string, CellData> {
  const values = new Map<string, CellData>();
  for (const [at, header] of columns.raw.entries()) {
    const cell = row[at];
    const value = cell === undefined ? null : clean(cell);
    if (value === null && header === "") continue;
    const replaces = cell !== undefined && insensitiveKey(header) === columns.recipientKey;
    const before = values.get(header);
    if (replaces) values.set(header, value);
    else if (at < columns.width) values.set(header, append(before, value));
    else values.set(header, before ?? null);
  }
  return values;
}

/**
 * Puts a row's cells under their columns, in the order of the columns.
 *
 * Cells are cleaned of what cannot be seen, and a short row is made as long as the longest one with nulls. Columns with
 * the same header make a list, but of the recipient's the last cell counts; a column that no row reaches adds nothing to
 * the list. Of headers that differ in spelling only the last counts, at the place of the first. Cells beyond the last
 * header stay as typed. (facts/notify.md 5.1)
 */
export function keyCells(row: readonly string[], columns: Columns): readonly Keyed[] {
  const byKey = new Map<string, CellData>();
  for (const [header, data] of byHeader(row, columns)) byKey.set(insensitiveKey(header), data);
  const keyed: Keyed[] = [...byKey].map(([key, data]) => ({ key, data }));
  const beyond = row.slice(columns.raw.length);
  return beyond.length === 0 ? keyed : [...keyed, { key: null, data: beyond }];
}
