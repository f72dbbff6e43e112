/** The cells of a row under the headers of their columns. */
import { stripWhitespace } from "../recipient/whitespace.ts";
import { normalisedName } from "../template/normalised_name.ts";
import type { Columns } from "./columns.ts";

/** The value of a cell: `null` when it is empty, an array when several columns share a header. */
export type CellData = string | null | readonly (string | null)[];

/**
 * A value with the key of its column: the header in lower case, without blanks, `_` and `-`. The key is `null` for the
 * cells after the last header, which are one value together.
 */
export interface Keyed {
  readonly key: string | null;
  readonly data: CellData;
}

function clean(cell: string): string | null {
  const stripped = stripWhitespace(cell);
  return stripped === "" ? null : stripped;
}

/** The values of one header so far. An array is extended in place, because it can be as long as the row. */
type CollectedValue = string | null | (string | null)[];

/** Adds a value to those of its header. Empty values before the first other value are dropped. */
function collect(values: Map<string, CollectedValue>, header: string, value: string | null): void {
  const before = values.get(header) ?? null;
  if (before === null) values.set(header, value);
  else if (typeof before === "string") values.set(header, [before, value]);
  else before.push(value);
}

/** A row's values by header as written. A column without a header is kept when its cell has a value. */
function byHeader(row: readonly string[], columns: Columns): ReadonlyMap<string, CellData> {
  const values = new Map<string, CollectedValue>();
  for (const [at, header] of columns.raw.entries()) {
    const cell = row[at];
    const value = cell === undefined ? null : clean(cell);
    if (value === null && header === "") continue;
    if (cell !== undefined && columns.recipientHeaders.has(header)) values.set(header, value);
    else if (at < columns.width) collect(values, header, value);
    else if (!values.has(header)) values.set(header, null);
  }
  return values;
}

/** A faster {@link keyRepeated} for files whose columns all have keys of their own. */
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

/** The values of columns under their further names. */
function keyShared(own: readonly Keyed[], { shared }: Columns): readonly Keyed[] {
  return Array.from(shared, ([key, ofColumn]) => ({
    key,
    data: own.find((cell) => cell.key === ofColumn)?.data ?? null,
  }));
}

/**
 * Assigns a row's cells to their columns, in the order of the columns, as GOV.UK Notify does.
 *
 * - Invisible characters are removed, and a short row is padded with nulls.
 * - Columns with the same header make an array. Of several recipient columns the last one counts. A column that no row
 *   reaches adds nothing to the array.
 * - Of headers that differ in spelling only, the last one counts, at the place of the first.
 * - A column that stands for several placeholders is there once more under each further name.
 * - Cells after the last header stay as typed.
 */
export function keyCells(row: readonly string[], columns: Columns): readonly Keyed[] {
  const own = columns.distinct ? keyDistinct(row, columns) : keyRepeated(row, columns);
  const keyed = columns.shared.size === 0 ? own : [...own, ...keyShared(own, columns)];
  const beyond = row.slice(columns.raw.length);
  return beyond.length === 0 ? keyed : [...keyed, { key: null, data: beyond }];
}
