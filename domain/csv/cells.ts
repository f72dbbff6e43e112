/** The cells of a row under the headers of their columns. */
import { stripWhitespace } from "../recipient/whitespace.ts";
import { normalisedName } from "../template/normalised_name.ts";
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

/** What stands in the columns of one header so far; a list is added to in place, for it can be as long as the row. */
type Gathered = string | null | (string | null)[];

/** Puts one more value to those of its header. An empty one at first leaves no trace. */
function gather(values: Map<string, Gathered>, header: string, value: string | null): void {
  const before = values.get(header) ?? null;
  if (before === null) values.set(header, value);
  else if (typeof before === "string") values.set(header, [before, value]);
  else before.push(value);
}

/** A row's values by header as written. A column without a header is kept where it holds something. */
function byHeader(row: readonly string[], columns: Columns): ReadonlyMap<string, CellData> {
  const values = new Map<string, Gathered>();
  for (const [at, header] of columns.raw.entries()) {
    const cell = row[at];
    const value = cell === undefined ? null : clean(cell);
    if (value === null && header === "") continue;
    if (cell !== undefined && columns.recipientHeaders.has(header)) values.set(header, value);
    else if (at < columns.width) gather(values, header, value);
    else if (!values.has(header)) values.set(header, null);
  }
  return values;
}

/** The short way of {@link keyRepeated} where no two columns meet. */
function keyDistinct(row: readonly string[], { keys }: Columns): Keyed[] {
  return keys.map((key, at) => {
    const cell = row[at];
    return { key, data: cell === undefined ? null : clean(cell) };
  });
}

function keyRepeated(row: readonly string[], columns: Columns): Keyed[] {
  const byKey = new Map<string, CellData>();
  for (const [header, data] of byHeader(row, columns)) byKey.set(normalisedName(header), data);
  return [...byKey].map(([key, data]) => ({ key, data }));
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
  const keyed = columns.distinct ? keyDistinct(row, columns) : keyRepeated(row, columns);
  const beyond = row.slice(columns.raw.length);
  return beyond.length === 0 ? keyed : [...keyed, { key: null, data: beyond }];
}
